// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/fitting.h"

#include <algorithm>
#include <utility>

#include "daemon/completion/shown/seam.h"
#include "daemon/completion/shown/syntax_check.h"
#include "daemon/completion/stop/stop_rules.h"
#include "daemon/completion/text/indentation.h"
#include "daemon/completion/text/text_window.h"
#include "grammars/line_tree.h"
#include "grammars/lines.h"

namespace krait::completion {
namespace {

// The step of indentation by what is around, or as is usual.
grammars::IndentUnit UnitAt(const FittingPlace& place) {
  if (const auto unit = IndentUnitAround(place.prefix, place.after)) {
    return *unit;
  }
  if (place.syntax) return place.syntax->context().indent;
  return grammars::UsualIndent(place.language);
}

// What comes behind whole lines: the line end and the blanks that the cursor
// had before it, for what stands there now.
std::string TailOf(const CursorLine& line) {
  std::string tail;
  if (StandsBeforeContent(line)) {
    tail.push_back('\n');
    tail.append(line.before);
  }
  return tail;
}

// True behind a mark that makes a comment of the rest of the line: what it says
// is no matter of syntax.
bool IsInComment(const FittingPlace& place) {
  if (!place.syntax || place.language == nullptr) return false;
  const std::string_view mark = place.language->line_comment;
  const std::string_view before = LineAtCursor(place.prefix, {}).before;
  return !mark.empty() && before.find(mark) != std::string_view::npos &&
         place.syntax->context().place == grammars::Place::kComment;
}

// Returns how much of `text` the syntax of its place allows.
size_t KeptBySyntax(std::string_view text, const FittingPlace& place,
                    const SyntaxCheck& check) {
  if (IsInComment(place) && text.find('\n') == std::string_view::npos) {
    return text.size();
  }
  if (place.syntax) return FitSyntax(*place.syntax, text, check).size();
  const std::string around =
      std::string(place.prefix) + std::string(place.after);
  return FitSyntax({.tree = nullptr,
                    .language = place.language,
                    .text = around,
                    .ofs = place.prefix.size()},
                   text, check)
      .size();
}

}  // namespace

std::string AfterOfWholeLines(std::string_view prefix, std::string_view after) {
  return TailOf(LineAtCursor(prefix, after)).append(after);
}

PostProcessed FitToPlace(const SaidText& said, const FittingPlace& place) {
  const auto nothing = [](std::string reason) {
    return PostProcessed{.text = {}, .suppressed_by = std::move(reason)};
  };
  const CursorLine line = LineAtCursor(place.prefix, place.after);
  const std::string tail = TailOf(line);
  if (!tail.empty() && !said.ends_line) {
    return nothing("only whole lines fit in front of what stands on the line");
  }
  PostProcessed fit =
      PostProcess(said.text, place.prefix, tail + std::string(place.after));
  if (fit.text.empty()) return fit;
  fit.text = FitIndentation(fit.text, place.prefix, UnitAt(place));
  if (!tail.empty()) {
    // Blanks between the cursor and what stands on the line are its, too.
    fit.text.insert(0, grammars::LeadingBlanks(line.after));
  }
  const SyntaxCheck check{
      .tail = tail, .beginnings = place.invoked, .budget = place.budget};
  const size_t kept = KeptBySyntax(fit.text, place, check);
  // A part of a line is no line.
  const bool whole = kept == fit.text.size() || fit.text[kept] == '\n';
  fit.text.resize(tail.empty() || whole ? kept : 0);
  if (grammars::IsBlank(fit.text)) return nothing("would add a syntax error");
  fit.text += tail;
  return fit;
}

}  // namespace krait::completion
