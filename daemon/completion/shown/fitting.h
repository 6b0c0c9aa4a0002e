// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_SHOWN_FITTING_H_
#define KRAIT_DAEMON_COMPLETION_SHOWN_FITTING_H_

#include <optional>
#include <string>
#include <string_view>

#include "daemon/completion/shown/post_process.h"
#include "daemon/completion/shown/syntax.h"

namespace krait::completion {

// The place that a completion is for.
struct FittingPlace {
  std::string_view prefix;
  std::string_view after;
  const std::optional<CursorSyntax>& syntax;
  const grammars::Language* language = nullptr;  // null: unknown
  bool invoked = false;                          // the user has asked for it
  grammars::CheckBudget* budget = nullptr;       // not null
};

// What a model said for it.
struct SaidText {
  std::string_view text;
  bool ends_line = false;  // it went on with a line end
};

// Makes a text fit for its place: for what follows (PostProcess), the file's
// indentation (FitIndentation) and its syntax (FitSyntax). In front of what
// stands on the cursor's line that is whole lines, with the indentation of what
// they push down, or nothing.
PostProcessed FitToPlace(const SaidText& said, const FittingPlace& place);

// Returns what rules take for the text behind the cursor where whole lines are
// wanted: the rest of the cursor's line is the next line then.
std::string AfterOfWholeLines(std::string_view prefix, std::string_view after);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_SHOWN_FITTING_H_
