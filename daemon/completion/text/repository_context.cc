// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/repository_context.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

namespace krait::completion {
namespace {

auto Place(const ContextPiece& piece) {
  return std::tuple(piece.reason, std::string_view(piece.path),
                    piece.begin_line);
}

// FNV-1a, over the bytes and their number.
void AddToHash(std::string_view bytes, uint64_t* hash) {
  const auto add = [hash](uint64_t value) {
    *hash = (*hash ^ value) * 0x100000001b3U;
  };
  for (const char c : bytes) add(static_cast<unsigned char>(c));
  add(bytes.size());
}

}  // namespace

std::string_view ContextReasonName(ContextReason reason) {
  switch (reason) {
    case ContextReason::kDeclared:
      return "declared";
    case ContextReason::kSimilar:
      return "similar";
    case ContextReason::kEdited:
      return "edited";
  }
  return "";
}

RepositoryContext::RepositoryContext(std::vector<ContextPiece> pieces,
                                     std::string repository)
    : pieces_(std::move(pieces)), repository_(std::move(repository)) {
  std::ranges::sort(pieces_, {}, Place);
  if (pieces_.empty()) return;
  fingerprint_ = 0xcbf29ce484222325U;
  AddToHash(repository_, &fingerprint_);
  for (const ContextPiece& piece : pieces_) {
    AddToHash(piece.path, &fingerprint_);
    AddToHash(piece.text, &fingerprint_);
  }
}

RepositoryContext RepositoryContext::Within(
    size_t tokens, const TokenCounter& count_tokens) const {
  std::vector<const ContextPiece*> by_worth;
  for (const ContextPiece& piece : pieces_) by_worth.push_back(&piece);
  std::ranges::stable_sort(by_worth, std::ranges::greater(),
                           &ContextPiece::worth);
  std::vector<ContextPiece> kept;
  for (const ContextPiece* const piece : by_worth) {
    const size_t more = count_tokens(piece->path) + count_tokens(piece->text) +
                        kTokensAroundPiece;
    if (more > tokens) continue;
    tokens -= more;
    kept.push_back(*piece);
  }
  return RepositoryContext(std::move(kept), repository_);
}

double RepositoryContext::SharedWith(const RepositoryContext& other) const {
  size_t all = 0;
  size_t shared = 0;
  for (const ContextPiece& piece : pieces_) {
    all += piece.text.size();
    const bool there = std::ranges::any_of(
        other.pieces_, [&piece](const ContextPiece& candidate) {
          return candidate.path == piece.path && candidate.text == piece.text;
        });
    if (there) shared += piece.text.size();
  }
  return all == 0 ? 1 : static_cast<double>(shared) / static_cast<double>(all);
}

}  // namespace krait::completion
