// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_STOP_STOP_RULES_H_
#define KRAIT_DAEMON_COMPLETION_STOP_STOP_RULES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/completion/text/text_window.h"
#include "grammars/syntax_types.h"

namespace krait::completion {

// How far a completion may reach.
enum class CompletionExtent : uint8_t {
  kAuto,       // kLine or kBlock, by the place (see StopRules)
  kLine,       // to the line's end
  kBlock,      // to the end of the statement or block begun at the cursor
  kWholeLine,  // a line with its end: the suffix is the next one (evaluation)
  kUnlimited,  // until the model ends it or rejoins the suffix (evaluation)
};

// Why a completion ended.
enum class CompletionStop : uint8_t {
  kEndOfSequence,
  kMaxTokens,
  kLineEnd,
  kBlankLine,
  kDedent,    // the indentation fell below the cursor line's
  kBlockEnd,  // the block that the completion opened has closed
  kMaxLines,
  kSuffix,  // the text rejoined what follows the cursor
  kRepetition,
  kUnsure,     // what would follow is not sure enough
  kNotFinite,  // broken weights
};

// Returns "auto", "line", ...
std::string_view CompletionExtentName(CompletionExtent extent);

// Returns "end_of_sequence", "line_end", ...
std::string_view CompletionStopName(CompletionStop stop);

struct StopDecision {
  CompletionStop stop;
  size_t keep_bytes;  // of the generated text
};

// Decides from the text generated so far whether to go on. The syntax at the
// cursor decides between a line and a block:
// - in an empty block: statements, up to a blank line, a line further out than
//   the cursor's, or `max_lines`;
// - where an indented statement begins: that statement; lines follow only if
//   they are deeper, up to the block's end (with the closing bracket or `end`
//   line);
// - anywhere else: the rest of the line; behind what opens a block, the deeper
//   lines, too.
// Without syntax a blank line is taken for an empty block, and the rest of any
// other line for a statement. Everywhere a whole line that equals the next line
// of the suffix ends it.
class StopRules {
 public:
  // `prefix`, `suffix` and `syntax` need not outlive the rules.
  StopRules(CompletionExtent extent, std::string_view prefix,
            std::string_view suffix, size_t max_lines,
            const grammars::SyntaxContext* syntax = nullptr);

  // `text` is all that was generated; only grows from call to call. With
  // `finished` its last line is whole though no newline follows.
  std::optional<StopDecision> Check(std::string_view text, bool finished) const;

  CompletionExtent extent() const { return extent_; }  // never kAuto

 private:
  std::optional<StopDecision> CheckBlockLine(std::string_view text,
                                             size_t line_begin, size_t line_end,
                                             bool whole, bool* deeper) const;

  bool IsNextLine(std::string_view line, bool first) const;

  CompletionExtent extent_;
  std::string before_;  // the cursor's line up to the cursor
  bool on_blank_line_;
  bool many_statements_;   // else the block ends with the first
  bool whole_block_;       // blocks within are passed over, too
  size_t base_indent_;     // columns
  std::string next_line_;  // the next line of the suffix that is not blank
  size_t max_lines_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_STOP_STOP_RULES_H_
