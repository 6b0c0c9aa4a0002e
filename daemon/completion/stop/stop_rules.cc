// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/stop/stop_rules.h"

#include "daemon/completion/text/brackets.h"
#include "daemon/completion/text/indentation.h"
#include "grammars/lines.h"

namespace krait::completion {
namespace {

// Whether deeper lines are to be expected behind `line_before`.
bool OpensBlock(std::string_view line_before) {
  // A colon with a blank behind it, or within brackets, introduces a value.
  if (line_before.ends_with(':'))
    return FindBrackets(line_before, {}).Balanced();
  const std::string_view content = grammars::TrimRight(line_before);
  return !content.empty() &&
         std::string_view("{([").find(content.back()) != std::string_view::npos;
}

std::string NextLineThatIsNotBlank(std::string_view suffix) {
  // The rest of the cursor's own line is not a line of its own.
  size_t ofs = suffix.find('\n');
  while (ofs != std::string_view::npos) {
    const size_t begin = ofs + 1;
    ofs = suffix.find('\n', begin);
    const std::string_view line =
        suffix.substr(begin, ofs == std::string_view::npos ? ofs : ofs - begin);
    if (!grammars::IsBlank(line)) return std::string(grammars::TrimRight(line));
  }
  return {};
}

CompletionExtent Resolve(CompletionExtent extent, const CursorLine& line,
                         const grammars::SyntaxContext* syntax) {
  const bool in_text =
      syntax != nullptr && syntax->place != grammars::Place::kCode;
  // A block of prose, or of what a string says, is never wanted.
  if (extent == CompletionExtent::kBlock && in_text) {
    return CompletionExtent::kLine;
  }
  if (extent != CompletionExtent::kAuto) return extent;
  if (!grammars::IsBlank(line.after)) return CompletionExtent::kLine;
  const bool block =
      syntax == nullptr || syntax->WantsBlock() ||
      (syntax->place == grammars::Place::kCode && OpensBlock(line.before));
  return block ? CompletionExtent::kBlock : CompletionExtent::kLine;
}

bool WantsManyStatements(bool on_blank_line,
                         const grammars::SyntaxContext* syntax) {
  return on_blank_line &&
         (syntax == nullptr || syntax->spot == grammars::Spot::kEmptyBlock);
}

bool EndsWithLine(CompletionExtent extent) {
  return extent == CompletionExtent::kLine ||
         extent == CompletionExtent::kWholeLine;
}

}  // namespace

std::string_view CompletionExtentName(CompletionExtent extent) {
  switch (extent) {
    case CompletionExtent::kAuto:
      return "auto";
    case CompletionExtent::kLine:
      return "line";
    case CompletionExtent::kBlock:
      return "block";
    case CompletionExtent::kWholeLine:
      return "whole_line";
    case CompletionExtent::kUnlimited:
      return "unlimited";
  }
  return "unknown";
}

std::string_view CompletionStopName(CompletionStop stop) {
  switch (stop) {
    case CompletionStop::kEndOfSequence:
      return "end_of_sequence";
    case CompletionStop::kMaxTokens:
      return "max_tokens";
    case CompletionStop::kLineEnd:
      return "line_end";
    case CompletionStop::kBlankLine:
      return "blank_line";
    case CompletionStop::kDedent:
      return "dedent";
    case CompletionStop::kBlockEnd:
      return "block_end";
    case CompletionStop::kMaxLines:
      return "max_lines";
    case CompletionStop::kSuffix:
      return "suffix";
    case CompletionStop::kRepetition:
      return "repetition";
    case CompletionStop::kUnsure:
      return "unsure";
    case CompletionStop::kNotFinite:
      return "not_finite";
  }
  return "unknown";
}

StopRules::StopRules(CompletionExtent extent, std::string_view prefix,
                     std::string_view suffix, size_t max_lines,
                     const grammars::SyntaxContext* syntax)
    : extent_(Resolve(extent, LineAtCursor(prefix, suffix), syntax)),
      before_(LineAtCursor(prefix, suffix).before),
      on_blank_line_(grammars::IsBlank(before_)),
      many_statements_(WantsManyStatements(on_blank_line_, syntax)),
      whole_block_(many_statements_ && syntax != nullptr),
      base_indent_(IndentColumns(before_)),
      next_line_(NextLineThatIsNotBlank(suffix)),
      max_lines_(max_lines) {}

std::optional<StopDecision> StopRules::CheckBlockLine(std::string_view text,
                                                      size_t line_begin,
                                                      size_t line_end,
                                                      bool whole,
                                                      bool* deeper) const {
  const std::string_view line = text.substr(line_begin, line_end - line_begin);
  const size_t before = line_begin - 1;  // drops the newline too
  if (grammars::IsBlank(line)) {
    if (whole) return StopDecision{CompletionStop::kBlankLine, before};
    return std::nullopt;
  }
  const size_t indent = IndentColumns(line);
  if (indent < base_indent_) {
    return StopDecision{CompletionStop::kDedent, before};
  }
  if (indent > base_indent_) {
    *deeper = true;
    return std::nullopt;
  }
  if (*deeper) {  // back at the cursor line's indentation
    // The first word decides; wait until it is there.
    if (!whole && line.size() < indent + 8) return std::nullopt;
    if (grammars::ContinuesBlock(line)) return std::nullopt;
    if (grammars::ClosesBlock(line)) {
      if (!whole) return std::nullopt;
      // A block within the one that is to be filled.
      if (whole_block_ &&
          !FindBrackets(text.substr(0, line_end), {}).leaving_ofs) {
        *deeper = false;
        return std::nullopt;
      }
      return StopDecision{CompletionStop::kBlockEnd, line_end};
    }
    if (!many_statements_) {
      return StopDecision{CompletionStop::kBlockEnd, before};
    }
    return std::nullopt;
  }
  if (many_statements_) return std::nullopt;
  return StopDecision{CompletionStop::kLineEnd, before};
}

bool StopRules::IsNextLine(std::string_view line, bool first) const {
  if (next_line_.empty()) return false;
  if (!first) return grammars::TrimRight(line) == next_line_;
  // What stands before the cursor belongs to the first line.
  return on_blank_line_ &&
         grammars::TrimRight(before_ + std::string(line)) == next_line_;
}

std::optional<StopDecision> StopRules::Check(std::string_view text,
                                             bool finished) const {
  size_t begin = 0;
  size_t lines = 0;
  bool deeper = false;
  while (begin <= text.size()) {
    const size_t newline = text.find('\n', begin);
    const bool whole = newline != std::string_view::npos || finished;
    const size_t end =
        newline == std::string_view::npos ? text.size() : newline;
    const std::string_view line = text.substr(begin, end - begin);
    // Nothing has come behind the last line break: no line yet.
    if (begin > 0 && begin == text.size()) return std::nullopt;
    if (whole && IsNextLine(line, lines == 0)) {
      return StopDecision{CompletionStop::kSuffix, begin == 0 ? 0 : begin - 1};
    }
    if (lines > 0 && extent_ == CompletionExtent::kBlock) {
      if (const auto stop = CheckBlockLine(text, begin, end, whole, &deeper)) {
        return stop;
      }
    }
    if (newline == std::string_view::npos) return std::nullopt;
    ++lines;
    if (EndsWithLine(extent_)) {
      return StopDecision{CompletionStop::kLineEnd, newline};
    }
    if (extent_ == CompletionExtent::kBlock && lines >= max_lines_) {
      return StopDecision{CompletionStop::kMaxLines, newline};
    }
    begin = newline + 1;
  }
  return std::nullopt;
}

}  // namespace krait::completion
