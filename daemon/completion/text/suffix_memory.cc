// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/suffix_memory.h"
#include "daemon/completion/text/indentation.h"

#include <algorithm>
#include <limits>

#include "grammars/lines.h"

namespace krait::completion {
namespace {

// Places in one document between which the cursor goes back and forth.
constexpr size_t kSuffixesPerDocument = 4;

// Documents that nobody closed must not pile up.
constexpr size_t kMaxSuffixDocuments = 1000;

// An earlier suffix says nothing of a place further up.
constexpr size_t kMostBytesBetween = 1024;

// Whether `text` is no more than what an editor adds by itself while one types.
bool OnlyCloses(std::string_view text) {
  return text.find_first_not_of(" \t\n)]}>\"'`,;:") == std::string_view::npos;
}

// Ends the suffix where its last declaration begins, unless half of it were
// lost: before the outermost line behind a blank one. Told from the lines, as a
// tree is not always there in time, and the end must not depend on that.
std::string_view EndAtDeclaration(std::string_view suffix) {
  size_t end = suffix.size();
  size_t least = std::numeric_limits<size_t>::max();
  bool behind_blank = false;
  for (size_t begin = suffix.find('\n', suffix.size() / 2);
       begin != std::string_view::npos && ++begin < suffix.size();
       begin = suffix.find('\n', begin)) {
    const std::string_view line =
        suffix.substr(begin, suffix.find('\n', begin) - begin);
    const size_t indent = IndentColumns(line);
    if (behind_blank && !grammars::IsBlank(line) && indent <= least) {
      least = indent;
      end = begin;
    }
    behind_blank = grammars::IsBlank(line);
  }
  return suffix.substr(0, end);
}

}  // namespace

size_t SuffixMemory::Frozen::FindIn(std::string_view after) const {
  if (!to_end) return after.find(text);
  if (!after.ends_with(text)) return std::string_view::npos;
  return after.size() - text.size();
}

SuffixWindow SuffixMemory::Cut(const std::string& document,
                               std::string_view after, size_t limit,
                               const TokenCounter& count_tokens,
                               const InOneDeclaration& in_one_declaration) {
  const std::string_view rest_of_line = after.substr(0, after.find('\n'));
  const size_t begin = OnlyCloses(rest_of_line) ? rest_of_line.size() : 0;
  after.remove_prefix(begin);

  if (documents_.size() >= kMaxSuffixDocuments) documents_.clear();
  std::vector<Frozen>& all = documents_[document];
  std::optional<size_t> nearby;  // offset of `earlier`
  std::string_view earlier;
  for (size_t i = all.size(); i-- > 0;) {
    const size_t at = all[i].FindIn(after);
    if (all[i].limit != limit || at > kMostBytesBetween) continue;
    const std::string_view found = after.substr(at, all[i].text.size());
    if (OnlyCloses(after.substr(0, at))) {
      const auto it = all.begin() + static_cast<ptrdiff_t>(i);
      std::rotate(it, it + 1, all.end());
      return {.text = found};
    }
    if (nearby) continue;
    nearby = begin + at;
    earlier = found;
  }

  SuffixWindow window;
  if (nearby && in_one_declaration(*nearby)) window.earlier = earlier;
  window.text = CutSuffix(after, limit, count_tokens);
  const bool to_end = window.text.size() == after.size();
  if (!to_end) window.text = EndAtDeclaration(window.text);
  if (window.text.empty()) return window;
  if (all.size() == kSuffixesPerDocument) all.erase(all.begin());
  all.push_back(
      {.text = std::string(window.text), .to_end = to_end, .limit = limit});
  return window;
}

}  // namespace krait::completion
