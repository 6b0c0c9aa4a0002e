// SPDX-License-Identifier: Apache-2.0
//
// Candidates are asked twice. First as they are; only if none of them is whole,
// with an ending, and that only where a statement is half typed. So
// "f();\nif (x) {" is cut to "f();", but behind "x = " the text "g(a," is
// shown. If no whole line can stand there, the first one is cut word by word.
#include "daemon/completion/shown/syntax_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "daemon/completion/shown/seam.h"
#include "daemon/completion/stop/stop_rules.h"
#include "daemon/completion/text/brackets.h"
#include "daemon/completion/text/words.h"
#include "grammars/lines.h"
#include "grammars/rules/language_rules.h"

namespace krait::completion {
namespace {

using std::string_view;

constexpr size_t kMaxCandidates = 6;

// Rules answer within microseconds, a grammar within a millisecond or so.
constexpr size_t kMaxCutsByRules = 48;
constexpr size_t kMaxCutsByGrammar = 8;

string_view LineComment(const SyntaxPlace& place) {
  return place.language == nullptr ? "" : place.language->line_comment;
}

bool HasRules(const SyntaxPlace& place) {
  return place.language != nullptr && grammars::HasRules(*place.language);
}

// Returns what a half-typed statement at the end of `text` may have open: the
// brackets of its last line, and these behind the round and square ones in a
// row that are open before it. The latter may also be another one's mistake.
std::vector<std::string> OpenBefore(string_view text,
                                    string_view line_comment) {
  constexpr size_t kWindow = size_t{4} << 10;
  if (text.size() > kWindow) {
    text = text.substr(text.size() - kWindow);
    text = text.substr(text.find('\n') + 1);  // npos + 1 is the whole
  }
  const size_t line = text.rfind('\n') + 1;
  const std::string open = FindBrackets(text.substr(line), line_comment).open;
  string_view above = text.substr(0, line);
  Brackets brackets = FindBrackets(above, line_comment);
  while (brackets.leaving_ofs) {
    above = above.substr(*brackets.leaving_ofs + 1);
    brackets = FindBrackets(above, line_comment);
  }
  const size_t block = brackets.open.rfind('{');
  const size_t begin = block == std::string::npos ? 0 : block + 1;
  if (begin == brackets.open.size()) return {open};
  return {open, brackets.open.substr(begin) + open};
}

// True if `text` ends in the middle of an expression: an operand is to follow.
bool WantsOperand(string_view text) {
  return string_view(",.+-*/%=<>&|^!~?:([").find(text.back()) !=
         string_view::npos;
}

// Adds `candidate` without blanks at its end, longest first.
void AddCandidate(string_view candidate, std::vector<string_view>* candidates) {
  candidate = grammars::TrimRight(candidate);
  if (candidate.empty() || candidates->size() == kMaxCandidates) return;
  if (!candidates->empty() && candidates->back().size() <= candidate.size()) {
    return;
  }
  candidates->push_back(candidate);
}

std::vector<string_view> Candidates(string_view text,
                                    string_view line_comment) {
  std::vector<string_view> candidates = {text};
  string_view inside = text;
  if (const auto leaving = FindBrackets(text, line_comment).leaving_ofs) {
    inside = text.substr(0, *leaving);
    AddCandidate(inside, &candidates);
  }
  for (size_t end = inside.rfind('\n'); end != string_view::npos && end > 0;
       end = inside.rfind('\n', end - 1)) {
    const string_view lines = inside.substr(0, end);
    if (FindBrackets(lines, line_comment).Balanced()) {
      AddCandidate(lines, &candidates);
    }
  }
  // There is always room for the first line.
  if (candidates.size() == kMaxCandidates) candidates.pop_back();
  AddCandidate(inside.substr(0, inside.find('\n')), &candidates);
  return candidates;
}

// Returns beginnings of `line` that end where a word or a mark does, longest
// first, at most `limit` of them.
std::vector<string_view> Cuts(string_view line, string_view rest,
                              size_t limit) {
  std::vector<string_view> cuts;
  for (size_t end = line.size(); end-- > 1 && cuts.size() < limit;) {
    const string_view cut = line.substr(0, end);
    const bool blank = cut.back() == ' ' || cut.back() == '\t';
    // A blank at the end is worth something before a word only.
    if (CutsWord(line, end) || IsGlued(cut, rest) || grammars::IsBlank(cut))
      continue;
    if (blank && (rest.empty() || !IsWordByte(rest.front()))) continue;
    cuts.push_back(cut);
  }
  return cuts;
}

// Asks the tree, within the budget.
class Asker {
 public:
  Asker(const SyntaxPlace& place, const SyntaxCheck& check)
      : place_(place),
        check_(check),
        line_(LineAtCursor(place.text.substr(0, place.ofs),
                           place.text.substr(place.ofs))) {}

  // Returns whether `inserted` can stand at the cursor. Gives up for good, and
  // says yes, once the budget is spent.
  bool Fits(string_view inserted) {
    if (check_.budget->Spent()) gave_up_ = true;
    if (gave_up_) return true;
    std::string whole(inserted);
    whole += check_.tail;
    const auto errors = Ask(whole);
    gave_up_ = !errors;
    if (errors) half_typed_ = errors->half_typed;
    return !errors || errors->fits;
  }

  // Whether it is enough that something could be made whole.
  bool TakesBeginnings() const { return half_typed_ || check_.beginnings; }

  // Returns whether `beginning` could be made whole.
  bool FitsWithAnyEnding(string_view beginning) {
    const string_view before = place_.text.substr(0, place_.ofs);
    for (const std::string& open : OpenBefore(before, LineComment(place_))) {
      const std::string closers = ClosersOf(open, beginning);
      for (const std::string& operand : Operands(beginning)) {
        for (const string_view ending :
             grammars::StatementEndings(place_.language)) {
          std::string whole(beginning);
          whole += operand + closers + OnOwnLine(ending);
          if (whole.size() == beginning.size()) continue;  // asked already
          if (Fits(whole)) return true;
        }
      }
    }
    return false;
  }

  bool gave_up() const { return gave_up_; }
  string_view rest() const { return line_.after; }

 private:
  std::optional<grammars::InsertionErrors> Ask(string_view inserted) const {
    if (place_.tree != nullptr) {
      return place_.tree->CheckInsertion(place_.ofs, inserted, check_.budget);
    }
    if (!HasRules(place_)) return std::nullopt;
    const size_t begin = grammars::StatementBeginByLines(
        *place_.language, place_.text, place_.ofs);
    if (begin > place_.ofs) return std::nullopt;
    return grammars::CheckByRules(*place_.language, place_.text.substr(begin),
                                  place_.ofs - begin, inserted, check_.budget);
  }

  // Returns what closes the brackets that are open behind `beginning`, but for
  // the outermost ones that the rest of the line closes.
  std::string ClosersOf(const std::string& open, string_view beginning) const {
    Brackets brackets =
        FindBrackets(open + std::string(beginning), LineComment(place_));
    if (brackets.leaving_ofs) return {};
    const auto closed = static_cast<size_t>(std::ranges::count_if(
        line_.after, [](char c) { return c == ')' || c == ']' || c == '}'; }));
    brackets.open.erase(0, std::min(brackets.open.size(), closed));
    return brackets.Closers();
  }

  // What could be the rest of an expression, or of a string.
  std::vector<std::string> Operands(string_view beginning) const {
    std::vector<std::string> operands = {""};
    if (WantsOperand(beginning)) operands.emplace_back("x");
    if (IsWordByte(beginning.back())) operands.emplace_back(" x");
    for (const char quote : {'"', '\''}) {
      const auto count = std::ranges::count(line_.before, quote) +
                         std::ranges::count(beginning, quote);
      if (count % 2 == 1) operands.emplace_back(1, quote);
    }
    return operands;
  }

  // Gives an ending that begins a line the indentation of the cursor's.
  std::string OnOwnLine(string_view ending) const {
    if (!ending.starts_with('\n')) return std::string(ending);
    const string_view before = line_.before;
    const size_t blanks =
        std::min(before.find_first_not_of(" \t"), before.size());
    std::string line(1, '\n');
    line.append(before.substr(0, blanks)).append(ending.substr(1));
    return line;
  }

  const SyntaxPlace& place_;
  const SyntaxCheck& check_;
  CursorLine line_;
  bool half_typed_ = false;
  bool gave_up_ = false;
};

// The first of `candidates` that fits; nothing if none does.
template <typename Fits>
std::optional<string_view> FirstOf(const std::vector<string_view>& candidates,
                                   const Fits& fits) {
  for (const string_view candidate : candidates) {
    if (fits(candidate)) return candidate;
  }
  return std::nullopt;
}

// Returns the first of `candidates` that can stand there, or, if that is
// enough, the longest or the shortest that can be made whole.
std::optional<string_view> FitWhole(const std::vector<string_view>& candidates,
                                    Asker* asker) {
  const auto found = FirstOf(candidates, [asker](string_view candidate) {
    return asker->Fits(candidate);
  });
  if (found || !asker->TakesBeginnings()) return found;
  return FirstOf({candidates.front(), candidates.back()},
                 [asker](string_view candidate) {
                   return asker->FitsWithAnyEnding(candidate);
                 });
}

// Returns the longest beginning of a line that can stand there. What is wrong
// in itself is not better for being shorter, but for a mark too many at its
// end.
std::optional<string_view> FitCut(string_view line, string_view rest,
                                  size_t max_cuts, Asker* asker) {
  const auto cuts = Cuts(line, rest, max_cuts);
  const bool begins_something =
      !grammars::IsBlank(rest) || asker->FitsWithAnyEnding(line);
  const auto may_be_cut = [&](string_view cut) {
    return begins_something ||
           std::ranges::none_of(line.substr(cut.size()), IsWordByte);
  };
  const auto found = FirstOf(cuts, [&](string_view cut) {
    return may_be_cut(cut) && asker->Fits(cut);
  });
  if (found || !begins_something || !asker->TakesBeginnings()) return found;
  return FirstOf(
      cuts, [asker](string_view cut) { return asker->FitsWithAnyEnding(cut); });
}

}  // namespace

std::string_view FitSyntax(const SyntaxPlace& place, std::string_view text,
                           const SyntaxCheck& check) {
  Asker asker(place, check);
  // The tail parts the text from the rest of the line.
  const string_view rest = check.tail.empty() ? asker.rest() : string_view();
  auto candidates = Candidates(text, LineComment(place));
  std::erase_if(candidates, [rest](string_view candidate) {
    return IsGlued(candidate, rest);
  });
  if (candidates.empty()) candidates.push_back(CutGlued(text, rest));
  if (candidates.back().empty()) return {};
  auto found = FitWhole(candidates, &asker);
  if (!found) {
    found =
        FitCut(candidates.back(), rest,
               HasRules(place) ? kMaxCutsByRules : kMaxCutsByGrammar, &asker);
  }
  // Rules would have told.
  if (check.budget->Spent() && HasRules(place)) return {};
  if (asker.gave_up()) return text;
  return found.value_or(string_view());
}

}  // namespace krait::completion
