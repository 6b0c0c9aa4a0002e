// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/prefix_memory.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace krait::daemon {
namespace {

// Enough text to tell one beginning from another.
constexpr size_t kBeginningBytes = 200;

// Places in one document between which the cursor goes back and forth.
constexpr size_t kBeginningsPerDocument = 4;

// Documents that nobody closed must not pile up.
constexpr size_t kMaxDocuments = 1000;

// Returns whole lines of at least kBeginningBytes, or all there is.
std::string_view BeginningOf(std::string_view prefix) {
  if (prefix.size() <= kBeginningBytes) return prefix;
  return prefix.substr(0, prefix.find('\n', kBeginningBytes) + 1);
}

// The part of a new prefix in which it may begin later than it could.
constexpr size_t kSteadyPart = 6;  // a sixth

// Lets a prefix begin, within its first part, where the text has the least
// hash: one that is cut by somebody who remembers nothing, after a restart,
// most likely begins there again, although some words have changed.
std::string_view FromSteadyPlace(std::string_view prefix) {
  size_t steadiest = 0;
  size_t least = std::numeric_limits<size_t>::max();
  for (size_t at = 0; at <= prefix.size() / kSteadyPart;) {
    const size_t hash =
        std::hash<std::string_view>()(BeginningOf(prefix.substr(at)));
    if (hash < least) {
      least = hash;
      steadiest = at;
    }
    const size_t newline = prefix.find('\n', at);
    if (newline == std::string_view::npos) break;
    at = newline + 1;
  }
  return prefix.substr(steadiest);
}

void MoveToBack(std::vector<std::string>* beginnings, size_t index) {
  std::rotate(beginnings->begin() + static_cast<ptrdiff_t>(index),
              beginnings->begin() + static_cast<ptrdiff_t>(index) + 1,
              beginnings->end());
}

}  // namespace

std::string_view PrefixMemory::Cut(const std::string& document,
                                   std::string_view before, size_t limit,
                                   const TokenCounter& count_tokens) {
  const std::string_view with_room =
      CutPrefix(before, limit - limit / 4, count_tokens);
  // All there is: nothing to remember.
  if (with_room.size() == before.size()) return before;

  if (documents_.size() >= kMaxDocuments) documents_.clear();
  Beginnings& beginnings = documents_[document];
  for (size_t i = beginnings.size(); i-- > 0;) {
    const size_t at = before.rfind(beginnings[i]);
    if (at == std::string_view::npos) continue;
    if (at > 0 && before[at - 1] != '\n') continue;
    const std::string_view prefix = before.substr(at);
    // Too much of it has become text after the cursor.
    if (prefix.size() < with_room.size() / 2) continue;
    if (count_tokens(prefix) > limit) continue;
    MoveToBack(&beginnings, i);
    return prefix;
  }
  const std::string_view prefix = FromSteadyPlace(with_room);
  const std::string_view beginning = BeginningOf(prefix);
  if (beginning.size() < kBeginningBytes) return prefix;
  if (beginnings.size() == kBeginningsPerDocument) {
    beginnings.erase(beginnings.begin());
  }
  beginnings.emplace_back(beginning);
  return prefix;
}

}  // namespace krait::daemon
