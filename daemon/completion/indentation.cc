// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/indentation.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "daemon/completion/context.h"
#include "daemon/completion/stop_rules.h"
#include "grammars/lines.h"

namespace krait::daemon {
namespace {

using grammars::IndentUnit;

std::string_view LeadingBlanks(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

// Returns how many spaces the lines of `text` use for a step, where they
// should use tabs: the largest usual step that explains all of them; 0: none.
size_t SpacesPerStep(const std::vector<std::string_view>& lines) {
  for (const size_t step : {size_t{4}, size_t{2}}) {
    const bool fits = std::ranges::all_of(lines, [step](auto line) {
      const std::string_view blanks = LeadingBlanks(line);
      return blanks.find('\t') != std::string_view::npos ||
             blanks.size() % step == 0;
    });
    if (fits) return step;
  }
  return 0;
}

// Returns the leading blanks `blanks` of a line in the file's way. What stands
// behind the last whole step (to align something) stays spaces.
std::string Convert(std::string_view blanks, const IndentUnit& unit,
                    size_t spaces_per_step) {
  const char other = unit.character == '\t' ? ' ' : '\t';
  if (blanks.find(other) == std::string_view::npos) return std::string(blanks);
  if (unit.character == ' ') {
    std::string spaces;
    for (const char c : blanks) spaces.append(c == '\t' ? unit.width : 1, ' ');
    return spaces;
  }
  if (spaces_per_step == 0) return std::string(blanks);
  const size_t tabs_before =
      std::min(blanks.find_first_not_of('\t'), blanks.size());
  const size_t spaces = blanks.size() - tabs_before;
  return std::string(tabs_before + spaces / spaces_per_step, '\t') +
         std::string(spaces % spaces_per_step, ' ');
}

// Columns with tabs as wide as a step: a tab file's step is one tab.
size_t Columns(std::string_view blanks, const IndentUnit& unit) {
  const size_t tab = unit.character == '\t' ? 1 : unit.width;
  size_t columns = 0;
  for (const char c : blanks) columns += c == '\t' ? tab : 1;
  return columns;
}

// Returns the last line of `text` that is not blank.
std::string_view LastFilledLine(std::string_view text) {
  while (!text.empty()) {
    const size_t newline = text.rfind('\n');
    const std::string_view line =
        newline == std::string_view::npos ? text : text.substr(newline + 1);
    if (!IsBlank(line)) return line;
    if (newline == std::string_view::npos) break;
    text = text.substr(0, newline);
  }
  return {};
}

// Returns how many columns a line behind `line` may begin at.
size_t DeepestAfter(std::string_view line, const IndentUnit& unit) {
  const std::string_view content = TrimRight(line);
  const bool opens =
      !content.empty() &&
      std::string_view(":{([").find(content.back()) != std::string_view::npos;
  return Columns(LeadingBlanks(line), unit) +
         (opens ? (unit.character == '\t' ? 1 : unit.width) : 0);
}

// Returns the blanks that the completion begins with, in an indented line with
// nothing else before the cursor.
std::string JoinBlanks(const std::string& blanks, std::string_view prefix,
                       std::string_view line_before, const IndentUnit& unit) {
  const size_t before = Columns(line_before, unit);
  const size_t deepest = DeepestAfter(
      LastFilledLine(prefix.substr(0, prefix.size() - line_before.size())),
      unit);
  const size_t room = deepest > before ? deepest - before : 0;
  return std::string(std::min(blanks.size(), room), unit.character);
}

}  // namespace

std::optional<IndentUnit> IndentUnitAround(std::string_view prefix,
                                           std::string_view suffix) {
  const IndentUnit unknown{.character = ' ', .width = 0};
  for (const std::string_view text : {prefix, suffix}) {
    const IndentUnit unit = grammars::DetectIndentUnit(text, unknown);
    if (unit.width > 0) return unit;
  }
  // Somebody has just begun: the cursor's line may be the first with a tab.
  if (LineAtCursor(prefix, {}).before.starts_with('\t')) {
    return IndentUnit{.character = '\t', .width = 1};
  }
  return std::nullopt;
}

std::string FitIndentation(std::string_view text, std::string_view prefix,
                           const IndentUnit& unit) {
  const std::string_view line_before = LineAtCursor(prefix, {}).before;
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  // Behind text the first line's blanks are no indentation.
  const bool joins = !IsBlank(line_before);
  std::vector<std::string_view> indented(lines.begin() + (joins ? 1 : 0),
                                         lines.end());
  std::erase_if(indented, [](std::string_view line) { return IsBlank(line); });
  const size_t step = SpacesPerStep(indented);

  std::string result;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) result += '\n';
    const std::string_view blanks = LeadingBlanks(lines[i]);
    if (i == 0 && joins) {
      result += lines[i];
      continue;
    }
    std::string converted = Convert(blanks, unit, step);
    if (i == 0 && !line_before.empty()) {
      converted = JoinBlanks(converted, prefix, line_before, unit);
    }
    result += converted;
    result += lines[i].substr(blanks.size());
  }
  return result;
}

}  // namespace krait::daemon
