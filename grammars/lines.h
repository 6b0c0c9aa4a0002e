// SPDX-License-Identifier: Apache-2.0
// A text as lines with an indentation. "\n", "\r\n" and "\r" end a line.
#ifndef KRAIT_GRAMMARS_LINES_H_
#define KRAIT_GRAMMARS_LINES_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "grammars/syntax_types.h"

namespace krait::grammars {

// Whether a line ends a block, at the indentation where that began: it begins
// with a closing bracket or tag, `end`, `fi`, `done` or `esac`.
bool ClosesBlock(std::string_view line);
// Whether a line goes on with what a block was a part of: `else`, `except`...
bool ContinuesBlock(std::string_view line);

// A line without its break.
struct Line {
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
  std::string_view content;  // a view into the text

  std::string_view Trimmed() const;
  bool IsBlank() const { return Trimmed().empty(); }
  // Columns of white space it begins with; a tab goes to the next multiple
  // of 8.
  size_t Indentation() const;
  // Where its first character that is not white space is, or its end.
  size_t ContentOfs() const;
  bool ClosesBlock() const { return grammars::ClosesBlock(content); }
  // True if it ends with what begins one: an opening bracket or a colon.
  bool OpensBlock() const;
};

std::string_view Trim(std::string_view text);
std::string_view TrimRight(std::string_view text);
bool IsBlank(std::string_view text);
// Returns the spaces and tabs that a line begins with.
std::string_view LeadingBlanks(std::string_view line);
// The columns of `text` if it were the white space before a line's content.
size_t Columns(std::string_view text);

// Returns the line around `ofs`, which is at most text.size().
Line LineAt(std::string_view text, size_t ofs);
std::optional<Line> LineAfter(std::string_view text, const Line& line);
std::optional<Line> LineBefore(std::string_view text, const Line& line);
// Same, passing blank lines over; they look at no more than `window_bytes`.
std::optional<Line> FilledLineAfter(std::string_view text, const Line& line,
                                    size_t window_bytes);
std::optional<Line> FilledLineBefore(std::string_view text, const Line& line,
                                     size_t window_bytes);

// Returns the most common step between the indentations of the lines, judged
// by at most the first 64 KiB; `otherwise` if no line tells.
IndentUnit DetectIndentUnit(std::string_view text, IndentUnit otherwise);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_LINES_H_
