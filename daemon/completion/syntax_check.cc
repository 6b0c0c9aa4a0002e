// SPDX-License-Identifier: Apache-2.0
//
// Candidates are asked twice. First as they are; only if none of them is whole,
// with an ending. So "f();\nif (x) {" is cut to "f();", but "if (x) {" alone is
// shown.
#include "daemon/completion/syntax_check.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "daemon/completion/brackets.h"
#include "daemon/completion/stop_rules.h"

namespace krait::daemon {
namespace {

constexpr size_t kMaxCandidates = 6;

using Endings = std::span<const std::string_view>;

// What could end a statement that has begun, behind closing brackets.
Endings StatementEndings(const grammars::Language* language) {
  using std::string_view;
  static constexpr std::array<string_view, 2> kNone = {"", " {}"};
  static constexpr std::array<string_view, 3> kSemicolon = {"", ";", " {}"};
  static constexpr std::array<string_view, 3> kPython = {"", " pass", ": pass"};
  static constexpr std::array<string_view, 3> kEnd = {"", "\nend",
                                                      " then\nend"};
  static constexpr std::array<string_view, 5> kShell = {
      "", "\n:\nfi", "\n:\ndone", "; then\n:\nfi", "; do\n:\ndone"};
  if (language == nullptr) return kNone;
  const string_view name = language->name;
  if (name == "python") return kPython;
  if (name == "ruby" || name == "lua") return kEnd;
  if (name == "shell") return kShell;
  constexpr std::array<string_view, 6> kWithSemicolon = {
      "c", "cpp", "csharp", "java", "php", "rust"};
  const bool semicolon =
      std::ranges::find(kWithSemicolon, name) != kWithSemicolon.end();
  return semicolon ? Endings(kSemicolon) : Endings(kNone);
}

// True if `text` ends in the middle of an expression: an operand is to follow.
bool WantsOperand(std::string_view text) {
  return std::string_view(",.+-*/%=<>&|^!~?:([").find(text.back()) !=
         std::string_view::npos;
}

std::string_view LineComment(const CursorSyntax& syntax) {
  return syntax.language() == nullptr ? "" : syntax.language()->line_comment;
}

// Adds `candidate` without blanks at its end, longest first.
void AddCandidate(std::string_view candidate,
                  std::vector<std::string_view>* candidates) {
  candidate = TrimRight(candidate);
  if (candidate.empty() || candidates->size() == kMaxCandidates) return;
  if (!candidates->empty() && candidates->back().size() <= candidate.size()) {
    return;
  }
  candidates->push_back(candidate);
}

std::vector<std::string_view> Candidates(std::string_view text,
                                         std::string_view line_comment) {
  std::vector<std::string_view> candidates = {text};
  std::string_view inside = text;
  if (const auto leaving = FindBrackets(text, line_comment).leaving_ofs) {
    inside = text.substr(0, *leaving);
    AddCandidate(inside, &candidates);
  }
  for (size_t end = inside.rfind('\n');
       end != std::string_view::npos && end > 0;
       end = inside.rfind('\n', end - 1)) {
    const std::string_view lines = inside.substr(0, end);
    if (FindBrackets(lines, line_comment).Balanced()) {
      AddCandidate(lines, &candidates);
    }
  }
  // There is always room for the first line.
  if (candidates.size() == kMaxCandidates) candidates.pop_back();
  AddCandidate(inside.substr(0, inside.find('\n')), &candidates);
  return candidates;
}

// Asks the tree, within the budget.
class Asker {
 public:
  Asker(const CursorSyntax& syntax, grammars::CheckBudget* budget)
      : syntax_(syntax), budget_(budget) {}

  // Returns whether `inserted` makes errors grow. Gives up for good, and says
  // no, once the budget is spent.
  bool Grows(std::string_view inserted) {
    if (budget_->Spent()) gave_up_ = true;
    if (gave_up_) return false;
    const auto errors =
        syntax_.tree().CheckInsertion(syntax_.cursor_ofs(), inserted, budget_);
    gave_up_ = !errors;
    return errors && errors->Grow();
  }

  bool GrowsWithAnyEnding(std::string_view beginning) {
    const Brackets brackets = FindBrackets(beginning, LineComment(syntax_));
    const std::string closers =
        brackets.leaving_ofs ? std::string() : brackets.Closers();
    for (const std::string_view operand : {"", "x"}) {
      if (!operand.empty() && !WantsOperand(beginning)) continue;
      for (const auto ending : StatementEndings(syntax_.language())) {
        std::string whole(beginning);
        whole += operand;
        whole += closers;
        whole += ending;
        if (whole.size() == beginning.size()) continue;  // asked already
        if (!Grows(whole)) return false;
      }
    }
    return true;
  }

  bool gave_up() const { return gave_up_; }

 private:
  const CursorSyntax& syntax_;
  grammars::CheckBudget* budget_;
  bool gave_up_ = false;
};

}  // namespace

std::string_view FitSyntax(const CursorSyntax& syntax, std::string_view text,
                           grammars::CheckBudget* budget) {
  if (!syntax.context().from_grammar) return text;
  Asker asker(syntax, budget);
  const auto candidates = Candidates(text, LineComment(syntax));
  for (const auto candidate : candidates) {
    const bool grows = asker.Grows(candidate);
    if (asker.gave_up()) return text;
    if (!grows) return candidate;
  }
  for (const auto candidate : {candidates.front(), candidates.back()}) {
    const bool grows = asker.GrowsWithAnyEnding(candidate);
    if (asker.gave_up()) return text;
    if (!grows) return candidate;
  }
  return {};
}

}  // namespace krait::daemon
