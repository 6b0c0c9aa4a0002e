// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_FILE_MEMORY_H_
#define KRAIT_DAEMON_HOST_LOCAL_FILE_MEMORY_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/memory_budget.h"
#include "daemon/completion/text/nearby_text.h"
#include "daemon/host/local/repository_memory.h"
#include "engine/memory/memory_weights.h"
#include "engine/memory/text_memory.h"
#include "engine/memory/text_tokens.h"
#include "engine/memory/token_forms.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::daemon {

// The tokens of documents, kept up with their edits, for a model that is mixed
// with what they say, and those of their repositories. What it gives for a
// place depends on the texts alone, not on what it was asked before; a
// repository's are what was read of it so far (RepositoryMemory). For a model
// that is mixed with nothing it has the repositories alone, for drafts.
//
// Thread-compatible.
class FileMemory {
 public:
  // Of what is kept between two calls; the texts of a call come on top.
  static constexpr size_t kMostBytes = size_t{16} << 20;
  // Of other texts together, the nearest first.
  static constexpr size_t kMostBytesOfOthers = size_t{256} << 10;

  // `tokenizer` must outlive it and what it returns, as must it what it
  // returns.
  FileMemory(const engine::Tokenizer& tokenizer,
             std::optional<engine::MemoryWeights> weights);

  // Whether the model is mixed with what texts say.
  bool mixes() const { return weights_.has_value(); }

  // Returns what is known of the place's repository, without what is open.
  engine::RememberedCollection OfRepository(
      const completion::RememberedTexts& around);

  // Returns a memory of all but the rest of the line at the cursor, if it
  // mixes. The model says `beginning`, the end of the text before the cursor,
  // anew. `document` is any string that names the document.
  std::unique_ptr<engine::TextMemory> At(
      const std::string& document, const completion::RememberedTexts& around,
      std::string_view beginning);

  // Returns a number that stands for what is remembered beside the last
  // `prefix_bytes` before the cursor.
  uint64_t Fingerprint(const completion::RememberedTexts& around,
                       size_t prefix_bytes);

  // Lets go of all that is kept; it is read again when it is asked for.
  void Forget();

  // Of documents.
  size_t held_bytes() const { return held_bytes_; }
  // The text that was used last stays, whoever wants room; repositories do not.
  base::MemoryUse use() const;
  // Drops so much, what was used longest ago first.
  void GiveBack(size_t bytes);

 private:
  struct Entry {
    engine::TextTokensPtr tokens;
    std::shared_ptr<const completion::TextSource>
        source;  // of another text's state
    uint64_t last_used = 0;
    std::chrono::steady_clock::time_point used_at = {};
  };
  using Entries = std::unordered_map<std::string, Entry>;

  // Returns the entry, brought up to date with `text`.
  engine::TextTokensPtr Update(
      const std::string& name, std::string text,
      std::shared_ptr<const completion::TextSource> source);
  engine::TextTokensPtr OfOther(const completion::NearbyText& other,
                                size_t max_bytes);
  Entries::const_iterator Oldest() const;
  void Touch(Entry* entry);
  void ShrinkTo(size_t bytes);

  const engine::TokenForms forms_;
  const std::optional<engine::MemoryWeights> weights_;
  RepositoryMemory repositories_;
  Entries entries_;
  size_t held_bytes_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_FILE_MEMORY_H_
