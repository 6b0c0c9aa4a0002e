// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/citations.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace krait::daemon {
namespace {

constexpr size_t kMostBytes = 1024;  // of a citation

std::optional<size_t> LineNumberOf(std::string_view text) {
  if (text.starts_with('L')) text.remove_prefix(1);
  size_t line = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), line);
  if (error != std::errc() || end != text.data() + text.size() || line == 0) {
    return std::nullopt;
  }
  return line;
}

// What is between the brackets; nothing if that is no place.
std::optional<Citation> ParseCitation(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0 || text.size() > kMostBytes) {
    return std::nullopt;
  }
  const std::string_view lines = text.substr(colon + 1);
  const size_t dash = lines.find('-');
  const auto begin = LineNumberOf(lines.substr(0, dash));
  const auto end =
      dash == lines.npos ? begin : LineNumberOf(lines.substr(dash + 1));
  if (!begin || !end || *end < *begin) return std::nullopt;
  std::string_view path = text.substr(0, colon);
  if (path.starts_with("./")) path.remove_prefix(2);
  return Citation{std::string(path), *begin, *end};
}

bool IsShown(const Citation& citation,
             const std::vector<repository::Passage>& shown) {
  return std::ranges::any_of(shown, [&](const repository::Passage& passage) {
    return passage.path == citation.path &&
           passage.begin_line <= citation.begin_line &&
           citation.end_line <= passage.end_line;
  });
}

void AddOnce(const Citation& citation, std::vector<Citation>* to) {
  if (std::ranges::find(*to, citation) == to->end()) to->push_back(citation);
}

}  // namespace

std::string CitationText(const Citation& citation) {
  if (citation.begin_line == citation.end_line) {
    return fmt::format("{}:{}", citation.path, citation.begin_line);
  }
  return fmt::format("{}:{}-{}", citation.path, citation.begin_line,
                     citation.end_line);
}

CheckedAnswer CheckCitations(std::string_view answer,
                             const std::vector<repository::Passage>& shown) {
  CheckedAnswer checked;
  while (!answer.empty()) {
    const size_t open = std::min(answer.find('['), answer.size());
    checked.text += answer.substr(0, open);
    answer.remove_prefix(open);
    if (answer.empty()) break;
    const size_t close = answer.find_first_of("]\n", 1);
    const bool closed = close != answer.npos && answer[close] == ']';
    const auto citation = closed ? ParseCitation(answer.substr(1, close - 1))
                                 : std::optional<Citation>();
    if (!citation) {
      checked.text += answer.front();
      answer.remove_prefix(1);
      continue;
    }
    if (IsShown(*citation, shown)) {
      AddOnce(*citation, &checked.citations);
      checked.text += answer.substr(0, close + 1);
    } else {
      AddOnce(*citation, &checked.dropped);
      while (checked.text.ends_with(' ')) checked.text.pop_back();
    }
    answer.remove_prefix(close + 1);
  }
  return checked;
}

bool SaysNotFound(std::string_view answer) {
  std::string lower(answer.substr(0, 400));
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower.find("not found in this repository") != std::string::npos;
}

}  // namespace krait::daemon
