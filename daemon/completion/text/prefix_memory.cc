// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/prefix_memory.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace krait::completion {
namespace {

// Enough text to tell one beginning from another, and the least where there is
// no more; the most that is looked at, as a line may be as long as a file.
constexpr size_t kBeginningBytes = 200;
constexpr size_t kFewestBeginningBytes = 64;
constexpr size_t kMostBeginningBytes = 400;

// How far the cursor may have gone since, for a beginning that is not alone in
// its text to be known by its place. A text may be nothing but repetitions.
constexpr size_t kNearBytes = 4096;

// Places in one document between which the cursor goes back and forth.
constexpr size_t kBeginningsPerDocument = 4;

// Documents that nobody closed must not pile up.
constexpr size_t kMaxPrefixDocuments = 1000;

// Returns whole lines of at least kBeginningBytes, the beginning of a long one,
// or all there is.
std::string_view BeginningOf(std::string_view prefix) {
  const std::string_view most = prefix.substr(0, kMostBeginningBytes);
  const size_t newline = most.find('\n', kBeginningBytes);
  return newline == std::string_view::npos ? most : most.substr(0, newline + 1);
}

bool IsAtLineStart(std::string_view text, size_t ofs) {
  return ofs == 0 || text[ofs - 1] == '\n';
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

}  // namespace

// Returns where a prefix begins that began with it before: near to as far from
// the cursor as it was, or else where it is last; npos: nowhere.
size_t PrefixMemory::Find(const Beginning& beginning, std::string_view before) {
  const auto fits = [&](size_t ofs) {
    return beginning.in_line || IsAtLineStart(before, ofs);
  };
  const size_t expected =
      before.size() - std::min(before.size(), beginning.size);
  const size_t from = expected - std::min(expected, kNearBytes);
  size_t best = std::string_view::npos;
  size_t least = kNearBytes + 1;
  for (size_t at = before.find(beginning.text, from);
       at != std::string_view::npos && at <= expected + kNearBytes;
       at = before.find(beginning.text, at + 1)) {
    const size_t distance = at > expected ? at - expected : expected - at;
    if (distance >= least || !fits(at)) continue;
    best = at;
    least = distance;
  }
  if (best != std::string_view::npos) return best;
  const size_t last = before.rfind(beginning.text);
  return last != std::string_view::npos && fits(last) ? last
                                                      : std::string_view::npos;
}

std::string_view PrefixMemory::Cut(const std::string& document,
                                   std::string_view before,
                                   const Limits& limits,
                                   const TokenCounter& count_tokens) {
  const std::string_view with_room =
      CutPrefix(before, limits.anew, count_tokens);
  const bool fits = with_room.size() == before.size();
  if (fits && !documents_.contains(document)) return before;

  if (documents_.size() >= kMaxPrefixDocuments) documents_.clear();
  Beginnings& beginnings = documents_[document];
  for (size_t i = beginnings.size(); i-- > 0;) {
    const size_t at = Find(beginnings[i], before);
    if (at == std::string_view::npos) continue;
    const std::string_view prefix = before.substr(at);
    // Too much of it has become text after the cursor.
    if (prefix.size() < with_room.size() / 2) continue;
    if (count_tokens(prefix) > limits.most) continue;
    beginnings[i].size = prefix.size();
    std::rotate(beginnings.begin() + static_cast<ptrdiff_t>(i),
                beginnings.begin() + static_cast<ptrdiff_t>(i) + 1,
                beginnings.end());
    return prefix;
  }
  // All there is: nothing to remember.
  if (fits) return before;
  const std::string_view prefix = FromSteadyPlace(with_room);
  const std::string_view beginning = BeginningOf(prefix);
  if (beginning.size() < kFewestBeginningBytes) return prefix;
  if (beginnings.size() == kBeginningsPerDocument) {
    beginnings.erase(beginnings.begin());
  }
  Beginning& added = beginnings.emplace_back();
  added.text.assign(beginning);
  added.in_line = !IsAtLineStart(before, before.size() - prefix.size());
  added.size = prefix.size();
  return prefix;
}

}  // namespace krait::completion
