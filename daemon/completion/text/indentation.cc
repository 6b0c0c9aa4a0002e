// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/indentation.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "daemon/completion/text/text_window.h"
#include "grammars/lines.h"

namespace krait::completion {
namespace {

using grammars::IndentUnit;
using grammars::LeadingBlanks;

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
    if (!grammars::IsBlank(line)) return line;
    if (newline == std::string_view::npos) break;
    text = text.substr(0, newline);
  }
  return {};
}

// Returns how many columns a line behind `line` may begin at.
size_t DeepestAfter(std::string_view line, const IndentUnit& unit) {
  const std::string_view content = grammars::TrimRight(line);
  const bool opens =
      !content.empty() &&
      std::string_view(":{([").find(content.back()) != std::string_view::npos;
  return Columns(LeadingBlanks(line), unit) +
         (opens ? (unit.character == '\t' ? 1 : unit.width) : 0);
}

size_t Step(const IndentUnit& unit) {
  return unit.character == '\t' ? 1 : unit.width;
}

// Returns the blanks that the completion may begin with, in a line with nothing
// else before the cursor: as far as the lines before allow. In an indented line
// the cursor's column is where the user wants to be, unless a block begins.
std::string JoinBlanks(const std::string& blanks, std::string_view prefix,
                       std::string_view line_before, const IndentUnit& unit) {
  const size_t before = Columns(line_before, unit);
  const std::string_view last =
      LastFilledLine(prefix.substr(0, prefix.size() - line_before.size()));
  const size_t deepest = DeepestAfter(last, unit);
  const bool opens = deepest > Columns(LeadingBlanks(last), unit);
  size_t room = deepest > before ? deepest - before : 0;
  if (!opens && before > 0) room = 0;
  // Less than a step is no indentation, but what should not be there.
  const size_t columns = std::min(Columns(blanks, unit), room);
  const size_t whole = columns - columns % std::max<size_t>(Step(unit), 1);
  return std::string(whole, unit.character);
}

// True for a line that closes what a line before it has opened.
bool Closes(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return false;
  const std::string_view content = line.substr(first);
  return std::string_view("}])").find(content.front()) !=
             std::string_view::npos ||
         content == "end" || content.starts_with("end ");
}

// What a model wrote for steps and columns, and what they are in the file.
struct Shift {
  size_t said_base = 0;  // of the line that opens the block
  size_t said_step = 1;
  size_t base = 0;
  size_t step = 1;

  size_t Of(size_t columns) const {
    if (columns <= said_base) return base;
    const size_t deeper = columns - said_base;
    return base + deeper / said_step * step + deeper % said_step;
  }
};

// Returns how the lines below the first one, which opens a block at `base`, are
// to be moved, if they are not where they belong: the line that closes the
// block, or else its first line, tells where the model thought it was.
std::optional<Shift> ShiftOf(const std::vector<std::string>& lines, size_t base,
                             const IndentUnit& unit) {
  if (DeepestAfter(lines.front(), unit) ==
      Columns(LeadingBlanks(lines.front()), unit)) {
    return std::nullopt;
  }
  std::optional<size_t> inside;
  std::optional<size_t> closing;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (grammars::IsBlank(lines[i])) continue;
    const size_t columns = Columns(LeadingBlanks(lines[i]), unit);
    if (!inside) inside = columns;
    if (columns < *inside) {
      if (Closes(lines[i])) closing = columns;
      break;
    }
  }
  const size_t step = Step(unit);
  if (!inside || step == 0) return std::nullopt;
  Shift shift{.base = base, .step = step};
  if (closing) {
    shift.said_base = *closing;
    shift.said_step = *inside - *closing;
  } else {
    const bool less = *inside > base && *inside < base + step;
    shift.said_step = less ? *inside - base : step;
    shift.said_base = *inside - std::min(*inside, shift.said_step);
  }
  const bool right = shift.said_base == base && shift.said_step == step;
  if (right || shift.said_base < base) return std::nullopt;
  return shift;
}

// Moves the lines of a block that is not where it belongs.
void Rebase(std::vector<std::string>* lines, size_t base,
            const IndentUnit& unit) {
  if (lines->size() < 2) return;
  const auto shift = ShiftOf(*lines, base, unit);
  if (!shift) return;
  for (size_t i = 1; i < lines->size(); ++i) {
    std::string& line = (*lines)[i];
    if (grammars::IsBlank(line)) continue;
    const std::string_view blanks = LeadingBlanks(line);
    const size_t columns = shift->Of(Columns(blanks, unit));
    line = std::string(columns, unit.character) + line.substr(blanks.size());
  }
}

}  // namespace

size_t IndentColumns(std::string_view line) {
  constexpr size_t kStep = 4;
  size_t columns = 0;
  for (const char c : LeadingBlanks(line)) {
    columns += c == '\t' ? kStep - columns % kStep : 1;
  }
  return columns;
}

std::optional<IndentUnit> IndentUnitAround(std::string_view prefix,
                                           std::string_view suffix) {
  const IndentUnit unknown{.character = ' ', .width = 0};
  for (const std::string_view text : {prefix, suffix}) {
    const IndentUnit unit = grammars::DetectIndentUnit(text, unknown);
    if (unit.width > 0) return unit;
  }
  // Somebody has just begun: the cursor's line may be the first indented one.
  constexpr size_t kMaxWidth = 8;
  const std::string_view before = LineAtCursor(prefix, {}).before;
  if (before.starts_with('\t'))
    return IndentUnit{.character = '\t', .width = 1};
  const size_t width = LeadingBlanks(before).size();
  if (width > 1 && width <= kMaxWidth) {
    return IndentUnit{.character = ' ', .width = width};
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
  const bool joins = !grammars::IsBlank(line_before);
  std::vector<std::string_view> indented(lines.begin() + (joins ? 1 : 0),
                                         lines.end());
  std::erase_if(indented,
                [](std::string_view line) { return grammars::IsBlank(line); });
  const size_t step = SpacesPerStep(indented);

  std::vector<std::string> fitted;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i == 0 && joins) {
      fitted.emplace_back(lines[i]);
      continue;
    }
    const std::string_view blanks = LeadingBlanks(lines[i]);
    std::string converted = Convert(blanks, unit, step);
    if (i == 0) converted = JoinBlanks(converted, prefix, line_before, unit);
    fitted.push_back(converted + std::string(lines[i].substr(blanks.size())));
  }
  const size_t base =
      Columns(LeadingBlanks(line_before), unit) +
      (joins ? 0 : Columns(LeadingBlanks(fitted.front()), unit));
  Rebase(&fitted, base, unit);
  std::string result = fitted.front();
  for (size_t i = 1; i < fitted.size(); ++i) result += "\n" + fitted[i];
  return result;
}

}  // namespace krait::completion
