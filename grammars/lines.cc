// SPDX-License-Identifier: Apache-2.0
#include "grammars/lines.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace krait::grammars {
namespace {

constexpr std::string_view kSpace = " \t\v\f\r\n";
constexpr std::string_view kBreaks = "\r\n";
constexpr size_t kTabColumns = 8;
constexpr size_t kMaxUnit = 8;

// What ends a block in languages that close it by a word, and closing tags.
constexpr std::array<std::string_view, 5> kClosing = {"end", "fi", "done",
                                                      "esac", "</"};
constexpr std::array<std::string_view, 8> kContinuing = {
    "else", "elif", "elsif", "elseif", "except", "finally", "catch", "rescue"};
constexpr std::string_view kClosingBrackets = "})]";

// Whether what follows a word leaves it a word of its own that is no variable:
// "end", "end)", "done < file", but not "ending", "end.next" or "done = true".
bool EndsWord(std::string_view rest) {
  if (rest.empty()) return true;
  if (std::string_view(" \t\r);,").find(rest.front()) ==
      std::string_view::npos) {
    return false;
  }
  return !Trim(rest).starts_with('=');
}

// Makes the line that begins at `begin_ofs`.
Line LineFrom(std::string_view text, size_t begin_ofs) {
  const size_t found = text.find_first_of(kBreaks, begin_ofs);
  const size_t end_ofs = found == std::string_view::npos ? text.size() : found;
  return {begin_ofs, end_ofs, text.substr(begin_ofs, end_ofs - begin_ofs)};
}

// Counts of how often the indentation grew by so many spaces, or by a tab.
struct Steps {
  std::array<size_t, kMaxUnit + 1> spaces = {};
  size_t tabs = 0;
};

Steps CountSteps(std::string_view text) {
  Steps steps;
  size_t last = 0;
  for (std::optional<Line> line = LineFrom(text, 0); line;
       line = LineAfter(text, *line)) {
    if (line->IsBlank()) continue;
    const size_t lead = line->ContentOfs() - line->begin_ofs;
    if (line->content[0] == '\t') {
      ++steps.tabs;
      last = 0;
      continue;
    }
    if (lead > last && lead - last <= kMaxUnit) ++steps.spaces[lead - last];
    last = lead;
  }
  return steps;
}

}  // namespace

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string_view TrimRight(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(kSpace) == std::string_view::npos;
}

std::string_view LeadingBlanks(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

size_t Columns(std::string_view text) {
  size_t columns = 0;
  for (const char c : text) {
    columns =
        c == '\t' ? (columns / kTabColumns + 1) * kTabColumns : columns + 1;
  }
  return columns;
}

bool ClosesBlock(std::string_view line) {
  const std::string_view trimmed = Trim(line);
  if (trimmed.empty()) return false;
  if (kClosingBrackets.find(trimmed[0]) != std::string_view::npos) return true;
  return std::ranges::any_of(kClosing, [trimmed](std::string_view word) {
    return trimmed.starts_with(word) &&
           (word == "</" || EndsWord(trimmed.substr(word.size())));
  });
}

bool ContinuesBlock(std::string_view line) {
  const std::string_view trimmed = Trim(line);
  if (trimmed.starts_with('}')) return trimmed.ends_with('{');  // "} else {"
  return std::ranges::any_of(kContinuing, [trimmed](std::string_view word) {
    return trimmed.starts_with(word);
  });
}

std::string_view Line::Trimmed() const {
  return Trim(content);
}

size_t Line::ContentOfs() const {
  const size_t found = content.find_first_not_of(kSpace);
  return found == std::string_view::npos ? end_ofs : begin_ofs + found;
}

size_t Line::Indentation() const {
  return Columns(content.substr(0, ContentOfs() - begin_ofs));
}

bool Line::OpensBlock() const {
  const std::string_view trimmed = Trimmed();
  return !trimmed.empty() && std::string_view("{([:").find(trimmed.back()) !=
                                 std::string_view::npos;
}

Line LineAt(std::string_view text, size_t ofs) {
  assert(ofs <= text.size());
  // Between "\r" and "\n" is still the line that they end.
  if (ofs > 0 && ofs < text.size() && text[ofs] == '\n' &&
      text[ofs - 1] == '\r') {
    --ofs;
  }
  size_t begin_ofs = 0;
  if (ofs > 0) {
    const size_t found = text.find_last_of(kBreaks, ofs - 1);
    if (found != std::string_view::npos) begin_ofs = found + 1;
  }
  return LineFrom(text, begin_ofs);
}

std::optional<Line> LineAfter(std::string_view text, const Line& line) {
  if (line.end_ofs >= text.size()) return std::nullopt;
  const bool two = text.substr(line.end_ofs, 2) == "\r\n";
  return LineFrom(text, line.end_ofs + (two ? 2 : 1));
}

std::optional<Line> LineBefore(std::string_view text, const Line& line) {
  if (line.begin_ofs == 0) return std::nullopt;
  size_t end_ofs = line.begin_ofs - 1;
  if (end_ofs > 0 && text[end_ofs] == '\n' && text[end_ofs - 1] == '\r')
    --end_ofs;
  const size_t found = end_ofs == 0 ? std::string_view::npos
                                    : text.find_last_of(kBreaks, end_ofs - 1);
  const size_t begin_ofs = found == std::string_view::npos ? 0 : found + 1;
  return Line{begin_ofs, end_ofs, text.substr(begin_ofs, end_ofs - begin_ofs)};
}

std::optional<Line> FilledLineAfter(std::string_view text, const Line& line,
                                    size_t window_bytes) {
  std::optional<Line> next = LineAfter(text, line);
  while (next && next->IsBlank()) {
    if (next->begin_ofs - line.end_ofs > window_bytes) return std::nullopt;
    next = LineAfter(text, *next);
  }
  return next;
}

std::optional<Line> FilledLineBefore(std::string_view text, const Line& line,
                                     size_t window_bytes) {
  std::optional<Line> before = LineBefore(text, line);
  while (before && before->IsBlank()) {
    if (line.begin_ofs - before->begin_ofs > window_bytes) return std::nullopt;
    before = LineBefore(text, *before);
  }
  return before;
}

IndentUnit DetectIndentUnit(std::string_view text, IndentUnit otherwise) {
  constexpr size_t kSampleBytes = size_t{64} << 10;
  const Steps steps = CountSteps(text.substr(0, kSampleBytes));
  // A step of one column is a comment's star or an alignment.
  const auto best =
      std::max_element(steps.spaces.begin() + 2, steps.spaces.end());
  if (steps.tabs > *best) return {'\t', 1};
  if (*best == 0) return otherwise;
  return {' ', static_cast<size_t>(best - steps.spaces.begin())};
}

}  // namespace krait::grammars
