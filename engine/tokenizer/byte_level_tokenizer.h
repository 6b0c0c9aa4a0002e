// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_BYTE_LEVEL_TOKENIZER_H_
#define KRAIT_ENGINE_TOKENIZER_BYTE_LEVEL_TOKENIZER_H_

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/merge_table.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/prefix_matcher.h"

namespace krait::engine {

// What a file says about a byte-level BPE vocabulary.
struct ByteLevelSpec {
  std::string source;  // begins error messages
  Vocabulary vocabulary;
  // How names stand for bytes: in GPT-2's alphabet ("Ġdef"), or as they are
  // (tekken). User-defined and control tokens are always written as they are.
  bool gpt2_alphabet = true;
  std::vector<ListedMerge> merges;
  PreTokenizer pre_tokenizer;
  bool normalize_nfc = false;
  // A space is put before each stretch of text that does not begin with one.
  bool add_prefix_space = false;
  // A word that is a token as a whole is that token, whatever the merges say.
  bool whole_words_first = false;
  SpecialTokens special;
};

// Byte-level BPE as in GPT-2: the text, in normalisation form C where the
// vocabulary was trained so, is cut at user-defined tokens (runs of spaces in
// GPT-NeoX), then into words, and bytes merge within each word.
//
// Deviation: bytes that are not UTF-8 are kept (each counts as a symbol,
// neither letter nor space), where Hugging Face's tokenizers cannot take them
// at all.
class ByteLevelTokenizer final : public BpeTokenizer {
 public:
  static Result<std::unique_ptr<Tokenizer>> Create(ByteLevelSpec spec);

  using BpeTokenizer::Encode;
  void Encode(std::string_view text, DummyPrefix dummy,
              std::vector<TokenId>* ids) const override;
  std::string Decode(std::span<const TokenId> ids) const override;

 private:
  explicit ByteLevelTokenizer(ByteLevelSpec spec);

  void EncodeStretch(std::string_view text, std::vector<TokenId>* ids) const;
  void EncodeWord(std::string_view word, std::vector<TokenId>* ids) const;

  MergeTable merges_;
  PreTokenizer pre_tokenizer_;
  const bool normalize_nfc_;
  const bool add_prefix_space_;
  // Tokens of single bytes; a byte without one is dropped, as in Hugging Face's
  // tokenizers, unless there is an unknown token.
  std::array<std::optional<TokenId>, 256> byte_ids_;
  PrefixMatcher user_defined_;
  std::unordered_map<std::string_view, TokenId> whole_words_;
};

// Returns the bytes that a name in GPT-2's alphabet stands for, or nullopt if a
// character is not of that alphabet.
std::optional<std::string> Gpt2NameToBytes(std::string_view name);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_BYTE_LEVEL_TOKENIZER_H_
