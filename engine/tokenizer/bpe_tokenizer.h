// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_BPE_TOKENIZER_H_
#define KRAIT_ENGINE_TOKENIZER_BPE_TOKENIZER_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/chunk_cache.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/vocabulary.h"

namespace krait::engine {

// What both kinds of byte-pair encoding share: the vocabulary, the bytes of
// each token, and the cache of chunks.
class BpeTokenizer : public Tokenizer {
 public:
  using Tokenizer::Encode;

  std::string_view TokenBytes(TokenId id) const override;
  bool IsControl(TokenId id) const override;
  std::optional<TokenId> FindToken(std::string_view written) const override;
  std::string_view TokenName(TokenId id) const override;

 protected:
  BpeTokenizer(Vocabulary vocabulary, const SpecialTokens& special);

  // Sets the bytes of the next token; once for each, in the order of ids.
  void AddTokenBytes(std::string_view bytes) { bytes_.Add(bytes); }

  // Appends the ids of a chunk that nothing merges across, from the cache if
  // it is there. `encode(std::vector<TokenId>*)` computes them otherwise.
  template <class EncodeFunction>
  void AppendCached(std::string_view chunk, ChunkCache* cache,
                    std::vector<TokenId>* ids, EncodeFunction&& encode) const {
    if (chunk.size() > ChunkCache::kMaxTextBytes) return encode(ids);
    ChunkCache::Entry& entry = cache->SlotOf(cache_owner_, chunk);
    if (entry.Holds(cache_owner_, chunk)) {
      const auto known = entry.Ids();
      ids->insert(ids->end(), known.begin(), known.end());
      return;
    }
    const size_t before = ids->size();
    encode(ids);
    entry.Store(cache_owner_, chunk, std::span(*ids).subspan(before));
  }

  const Vocabulary vocabulary_;

 private:
  const uint64_t cache_owner_;
  StringTable bytes_;
};

// One of the merges that a file lists or implies, smaller ranks first.
struct ListedMerge {
  TokenId left = 0;
  TokenId right = 0;
  TokenId result = 0;
  uint32_t rank = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_BPE_TOKENIZER_H_
