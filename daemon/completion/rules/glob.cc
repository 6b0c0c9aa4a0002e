// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/glob.h"

#include <algorithm>
#include <utility>

namespace krait::completion {
namespace {

// Which beginnings of a path the glob read so far can be: element i stands for
// the first i bytes.
using Reached = std::vector<bool>;

// Lets a star go on from each place that is reached.
void Star(std::string_view path, bool across_folders, Reached* reached) {
  for (size_t i = 0; i < path.size(); ++i) {
    if ((*reached)[i] && (across_folders || path[i] != '/')) {
      (*reached)[i + 1] = true;
    }
  }
}

void Character(std::string_view path, char wanted, Reached* reached) {
  for (size_t i = path.size(); i > 0; --i) {
    const char c = path[i - 1];
    const bool fits = wanted == '?' ? c != '/' : c == wanted;
    (*reached)[i] = fits && (*reached)[i - 1];
  }
  (*reached)[0] = false;
}

// Whether the path lacks what stands in the glob before its first wildcard, or
// does not end with what stands behind the last: tells most that do not match,
// in no time.
bool CannotMatch(std::string_view glob, std::string_view path) {
  constexpr std::string_view kWild = "*?";
  const size_t first = std::min(glob.find_first_of(kWild), glob.size());
  if (path.find(glob.substr(0, first)) == path.npos) return true;
  const size_t last = glob.find_last_of(kWild);
  if (last == glob.npos) return !path.ends_with(glob);
  std::string_view end = glob.substr(last + 1);
  // "**/b" is "b", too.
  if (end.starts_with('/')) end.remove_prefix(1);
  return !path.ends_with(end);
}

// Returns where the brace at `open` closes; npos if it does not.
size_t ClosingBrace(std::string_view glob, size_t open) {
  size_t depth = 0;
  for (size_t i = open; i < glob.size(); ++i) {
    if (glob[i] == '{') ++depth;
    if (glob[i] == '}' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

// Returns the parts between the commas that are in no inner brace.
std::vector<std::string_view> Alternatives(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}') --depth;
    if (text[i] == ',' && depth == 0) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace

bool MatchesGlob(std::string_view glob, std::string_view path) {
  if (CannotMatch(glob, path)) return false;
  Reached reached(path.size() + 1, false);
  reached[0] = true;
  for (size_t i = 1; i < path.size(); ++i) reached[i] = path[i - 1] == '/';
  for (size_t i = 0; i < glob.size(); ++i) {
    if (glob[i] != '*') {
      Character(path, glob[i], &reached);
      continue;
    }
    const bool twice = i + 1 < glob.size() && glob[i + 1] == '*';
    Star(path, twice, &reached);
    if (!twice) continue;
    ++i;
    // "a/**/b" is "a/b", too.
    const bool in_path = i + 1 < glob.size() && glob[i + 1] == '/';
    if (!in_path) continue;
    Reached without = reached;
    Character(path, '/', &reached);
    for (size_t k = 0; k < reached.size(); ++k) {
      const bool at_folder = k == 0 || path[k - 1] == '/';
      reached[k] = reached[k] || (without[k] && at_folder);
    }
    ++i;
  }
  return reached.back();
}

std::optional<std::vector<std::string>> ExpandBraces(std::string_view glob,
                                                     size_t most) {
  std::vector<std::string> whole;
  std::vector<std::string> open = {std::string(glob)};
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    const size_t begin = next.find_first_of("{}");
    if (begin == std::string::npos) {
      whole.push_back(next);
      continue;
    }
    const size_t end =
        next[begin] == '{' ? ClosingBrace(next, begin) : std::string::npos;
    if (end == std::string::npos) return std::nullopt;
    const std::string_view text = next;
    const auto parts = Alternatives(text.substr(begin + 1, end - begin - 1));
    if (whole.size() + open.size() + parts.size() > most) return std::nullopt;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      std::string one(text.substr(0, begin));
      one += *part;
      one += text.substr(end + 1);
      open.push_back(std::move(one));
    }
  }
  return whole;
}

}  // namespace krait::completion
