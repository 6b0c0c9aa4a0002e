// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_REPOSITORY_CONTEXT_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_REPOSITORY_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/text/text_window.h"

namespace krait::completion {

// Why a part of another file is shown.
enum class ContextReason : uint8_t {
  kDeclared,  // it declares what the file imports or names
  kSimilar,   // it has the rare words that are around the cursor
  kEdited,    // the user has just written it
};

// "declared", "similar", "edited".
std::string_view ContextReasonName(ContextReason reason);

// Lines of another file of the repository.
struct ContextPiece {
  std::string path;       // in the repository, with slashes
  std::string text = {};  // whole lines, each with its newline
  size_t begin_line = 0;  // the first one's number, from 1
  ContextReason reason = ContextReason::kDeclared;
  double worth = 0;  // what has more stays where not all fits

  bool operator==(const ContextPiece&) const = default;
};

// What a model is shown of other files before the one that it completes: read
// once, as long as it stays the same. Immutable.
class RepositoryContext {
 public:
  // The pieces come in an order that depends on nothing but what they are: what
  // is declared, then what is similar, then what was edited, by their places.
  // `repository`: its name; may be empty.
  explicit RepositoryContext(std::vector<ContextPiece> pieces,
                             std::string repository = {});

  const std::vector<ContextPiece>& pieces() const { return pieces_; }
  bool empty() const { return pieces_.empty(); }
  const std::string& repository() const { return repository_; }
  // Tells it from all that say something else; 0: it is empty.
  uint64_t fingerprint() const { return fingerprint_; }

  // Returns the most worthy pieces that together have at most so many tokens,
  // as `count_tokens` counts paths and texts.
  RepositoryContext Within(size_t tokens,
                           const TokenCounter& count_tokens) const;
  // Returns how many bytes of it, of 1, another one has, too.
  double SharedWith(const RepositoryContext& other) const;

 private:
  std::vector<ContextPiece> pieces_;
  std::string repository_;
  uint64_t fingerprint_ = 0;
};

using RepositoryContextPtr = std::shared_ptr<const RepositoryContext>;

// Tokens of a piece that are neither its path nor its text.
inline constexpr size_t kTokensAroundPiece = 4;

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_REPOSITORY_CONTEXT_H_
