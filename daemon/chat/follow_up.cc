// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/follow_up.h"

#include <algorithm>

#include "base/utf8.h"

namespace krait::daemon {

namespace {

constexpr size_t kMostQueryBytes = 2000;
// A token is shorter: what is longer than so many bytes for each is not
// counted.
constexpr size_t kMostBytesOfToken = 64;

}  // namespace

std::vector<std::string> FollowUpQueries(
    std::span<const completion::ChatTurn> earlier, std::string_view question) {
  std::vector<std::string> queries = {std::string(question)};
  for (size_t i = earlier.size(); i-- > 0;) {
    if (earlier[i].role != completion::ChatRole::kUser) continue;
    queries.push_back(
        base::ToValidUtf8(earlier[i].text.substr(0, kMostQueryBytes)) + "\n" +
        std::string(question));
    break;
  }
  return queries;
}

std::vector<completion::ChatTurn> LastTurns(
    std::span<const completion::ChatTurn> earlier,
    const TextTokenCounter& count_tokens, size_t most_tokens,
    size_t* tokens_left) {
  size_t first = earlier.size();
  size_t taken = 0;
  for (; first > 0; --first) {
    const std::string& text = earlier[first - 1].text;
    if (text.size() > most_tokens * kMostBytesOfToken) break;
    const size_t more = count_tokens(text);
    if (taken + more > most_tokens) break;
    taken += more;
  }
  // A conversation begins with a question.
  while (first < earlier.size() &&
         earlier[first].role != completion::ChatRole::kUser) {
    ++first;
  }
  *tokens_left -= std::min(*tokens_left, taken);
  return {earlier.begin() + static_cast<std::ptrdiff_t>(first), earlier.end()};
}

}  // namespace krait::daemon
