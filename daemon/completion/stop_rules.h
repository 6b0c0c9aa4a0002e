// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_STOP_RULES_H_
#define KRAIT_DAEMON_COMPLETION_STOP_RULES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/completion/context.h"

namespace krait::daemon {

// How far a completion may reach.
enum class CompletionExtent : uint8_t {
  kAuto,       // kLine if text follows the cursor on its line, else kBlock
  kLine,       // to the line's end
  kBlock,      // to the end of the statement or block begun at the cursor
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
  kNotFinite,  // broken weights
};

// Returns "end_of_sequence", "line_end", ...
std::string_view CompletionStopName(CompletionStop stop);

struct StopDecision {
  CompletionStop stop;
  size_t keep_bytes;  // of the generated text
};

// Decides from the text generated so far whether to go on. Until syntax trees
// tell more, a block is known by its indentation:
//   on a blank line   statements are wanted: up to a blank line, a line further
//                     out than the cursor's, or `max_lines`
//   after text        the statement is finished; lines follow only if they are
//                     indented deeper, up to the block's end (with the closing
//                     bracket or `end` line)
// and everywhere a whole line that equals the next line of the suffix ends it.
class StopRules {
 public:
  // `prefix` and `suffix` need not outlive the rules.
  StopRules(CompletionExtent extent, std::string_view prefix,
            std::string_view suffix, size_t max_lines);

  // `text` is all that was generated; only grows from call to call. With
  // `finished` its last line is whole though no newline follows.
  std::optional<StopDecision> Check(std::string_view text, bool finished) const;

  CompletionExtent extent() const { return extent_; }  // never kAuto

 private:
  std::optional<StopDecision> CheckBlockLine(std::string_view line,
                                             size_t line_begin, bool whole,
                                             bool* deeper) const;

  bool IsNextLine(std::string_view line, bool first) const;

  CompletionExtent extent_;
  std::string before_;  // the cursor's line up to the cursor
  bool on_blank_line_;
  size_t base_indent_;     // columns
  std::string next_line_;  // the next line of the suffix that is not blank
  size_t max_lines_;
};

// Returns the width of the leading blanks; tabs go to multiples of four.
size_t IndentColumns(std::string_view line);

bool IsBlank(std::string_view text);

// Returns `text` without blanks and line ends at its end.
std::string_view TrimRight(std::string_view text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_STOP_RULES_H_
