// SPDX-License-Identifier: Apache-2.0
#include "grammars/rules/language_rules.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "grammars/lines.h"
#include "grammars/rules/broken.h"
#include "grammars/rules/json_rules.h"
#include "grammars/rules/python_rules.h"

namespace krait::grammars {
namespace {

using std::string_view;

// What is broken, by whether it is at a place.
struct Count {
  size_t here = 0;
  size_t elsewhere = 0;
  bool open = false;  // what is broken here took what follows for its own
};

// Counts what touches the place from `begin_ofs` to `end_ofs`.
Count CountBroken(const std::vector<Broken>& broken, string_view text,
                  size_t begin_ofs, size_t end_ofs) {
  Count count;
  for (const Broken& place : broken) {
    // Blanks behind a statement are its own.
    const size_t end = std::min(text.find('\n', place.end_ofs), text.size());
    if (place.begin_ofs <= end_ofs && begin_ofs <= end) {
      ++count.here;
      count.open |= place.open;
    } else {
      ++count.elsewhere;
    }
  }
  return count;
}

struct Texts {
  string_view before;
  string_view after;  // `before` with what is inserted
  size_t ofs = 0;
  size_t inserted_bytes = 0;
};

InsertionErrors Compare(std::vector<Broken> before,
                        const std::vector<Broken>& after, const Texts& texts) {
  const size_t total = before.size();
  // A `try` that lacks its `except` may be as its user wants it for now.
  std::erase_if(before, [](const Broken& broken) { return broken.lacks_more; });
  const Count was = CountBroken(before, texts.before, texts.ofs, texts.ofs);
  const Count is = CountBroken(after, texts.after, texts.ofs,
                               texts.ofs + texts.inserted_bytes);
  const size_t elsewhere = total - was.here;
  return {.before = total,
          .after = after.size(),
          .half_typed = was.here > 0,
          .fits = is.here == 0 && (was.open || is.elsewhere <= elsewhere)};
}

// Takes what reading `text` costs from the budget.
void Charge(string_view text, CheckBudget* budget) {
  constexpr size_t kBytesPerStep = 1024;
  budget->steps -= std::min(budget->steps, text.size() / kBytesPerStep + 1);
}

InsertionErrors CheckPython(string_view text, size_t ofs, string_view inserted,
                            CheckBudget* budget) {
  const size_t end = std::max(PythonRegionEnd(text, ofs), ofs);
  const bool goes_on = end < text.size();
  const string_view before = text.substr(0, end);
  Charge(before, budget);
  std::string after(before.substr(0, ofs));
  after.append(inserted).append(before.substr(ofs));
  return Compare(FindBrokenPython(before, goes_on),
                 FindBrokenPython(after, goes_on),
                 {before, after, ofs, inserted.size()});
}

InsertionErrors CheckJson(string_view text, size_t ofs, string_view inserted,
                          CheckBudget* budget) {
  Charge(text, budget);
  std::string after(text.substr(0, ofs));
  after.append(inserted).append(text.substr(ofs));
  const bool with_comments = HasJsonComments(text);
  return Compare(FindBrokenJson(text, with_comments),
                 FindBrokenJson(after, with_comments),
                 {text, after, ofs, inserted.size()});
}

bool BeginsWithWord(string_view text, string_view word) {
  return text.starts_with(word) &&
         text.substr(word.size()).find_first_of(" \t(") == 0;
}

}  // namespace

bool HasRules(const Language& language) {
  return language.name == "python" || language.name == "json";
}

std::optional<InsertionErrors> CheckByRules(const Language& language,
                                            string_view text, size_t ofs,
                                            string_view inserted,
                                            CheckBudget* budget) {
  if (budget->Spent()) return std::nullopt;
  ofs = std::min(ofs, text.size());
  if (language.name == "python") {
    return CheckPython(text, ofs, inserted, budget);
  }
  if (language.name == "json") return CheckJson(text, ofs, inserted, budget);
  return std::nullopt;
}

size_t StatementBeginByLines(const Language& language, string_view text,
                             size_t ofs) {
  if (language.name == "json") {
    const string_view content = Trim(text);
    return content.starts_with('{') || content.starts_with('[')
               ? 0
               : string_view::npos;
  }
  size_t begin = 0;
  for (const string_view word : {"\ndef ", "\nclass ", "\n@", "\nasync def "}) {
    // Not the cursor's own line.
    const size_t line = text.substr(0, ofs).rfind('\n');
    if (line == string_view::npos || line == 0) break;
    const size_t found = text.rfind(word, line - 1);
    if (found != string_view::npos) begin = std::max(begin, found + 1);
  }
  return begin;
}

bool IsForeign(const Language& language, string_view line) {
  if (language.name != "lua") return false;
  line = Trim(line);
  constexpr std::array<string_view, 5> kHeaders = {"if", "elseif", "while",
                                                   "for", "function"};
  const bool header = std::ranges::any_of(kHeaders, [line](string_view word) {
    return BeginsWithWord(line, word);
  });
  if (!header) return false;
  for (size_t ofs = line.find('{'); ofs != string_view::npos;
       ofs = line.find('{', ofs + 1)) {
    if (Trim(line.substr(0, ofs)).ends_with(')')) return true;
  }
  return false;
}

std::span<const string_view> StatementEndings(const Language* language) {
  static constexpr std::array<string_view, 2> kBlock = {"", " {}"};
  static constexpr std::array<string_view, 3> kSemicolon = {"", ";", " {}"};
  static constexpr std::array<string_view, 6> kPython = {
      "", ":", ": pass", " pass", "\nexcept: pass", " in x: pass"};
  static constexpr std::array<string_view, 4> kJson = {"", "\"", "\": 0",
                                                       ": 0"};
  static constexpr std::array<string_view, 4> kEnd = {"", "\nend", " then\nend",
                                                      " do\nend"};
  static constexpr std::array<string_view, 5> kShell = {
      "", "\n:\nfi", "\n:\ndone", "; then\n:\nfi", "; do\n:\ndone"};
  if (language == nullptr) return kBlock;
  const string_view name = language->name;
  if (name == "python") return kPython;
  if (name == "json") return kJson;
  if (name == "ruby" || name == "lua") return kEnd;
  if (name == "shell") return kShell;
  constexpr std::array<string_view, 6> kWithSemicolon = {
      "c", "cpp", "csharp", "java", "php", "rust"};
  const bool semicolon =
      std::ranges::find(kWithSemicolon, name) != kWithSemicolon.end();
  return semicolon ? std::span<const string_view>(kSemicolon) : kBlock;
}

}  // namespace krait::grammars
