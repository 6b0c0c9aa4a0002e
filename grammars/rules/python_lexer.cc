// SPDX-License-Identifier: Apache-2.0
#include "grammars/rules/python_lexer.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace krait::grammars {
namespace {

constexpr std::array<std::string_view, 35> kKeywords = {
    "False",  "None",   "True",    "and",      "as",       "assert", "async",
    "await",  "break",  "class",   "continue", "def",      "del",    "elif",
    "else",   "except", "finally", "for",      "from",     "global", "if",
    "import", "in",     "is",      "lambda",   "nonlocal", "not",    "or",
    "pass",   "raise",  "return",  "try",      "while",    "with",   "yield"};
static_assert(std::ranges::is_sorted(kKeywords));

// Words that begin a statement and can stand at the begin of no line within
// brackets.
constexpr std::array<std::string_view, 19> kStatementWords = {
    "assert", "break",   "class",  "continue", "def",      "del",  "elif",
    "except", "finally", "global", "import",   "nonlocal", "pass", "raise",
    "return", "try",     "while",  "with",     "@"};

constexpr std::array<std::string_view, 24> kLongOperators = {
    "**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=",
    "==",  "<=",  ">=",  "**",  "//",  "<<", ">>", "+=",
    "-=",  "*=",  "/=",  "%=",  "@=",  "&=", "|=", "^="};

constexpr std::string_view kSecondOfLong = "=*/<>.";

bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsWord(char c) {
  return IsWordStart(c) || IsDigit(c);
}

size_t WordEnd(std::string_view text, size_t ofs) {
  while (ofs < text.size() && IsWord(text[ofs])) ++ofs;
  return ofs;
}

// Returns the offset behind the number at `ofs`, well-formed or not.
size_t NumberEnd(std::string_view text, size_t ofs) {
  const std::string_view base = text.substr(ofs, 2);
  size_t end = WordEnd(text, ofs);
  if (base == "0x" || base == "0X") return end;
  if (end < text.size() && text[end] == '.' &&
      text.substr(ofs, end - ofs).find_first_of("eE") ==
          std::string_view::npos) {
    end = WordEnd(text, end + 1);
  }
  const bool sign = end + 1 < text.size() &&
                    (text[end] == '+' || text[end] == '-') &&
                    (text[end - 1] | 0x20) == 'e' && IsDigit(text[end + 1]);
  return sign ? WordEnd(text, end + 1) : end;
}

// Returns the kind of string that a word before quotes makes; kBad: none.
PythonTokenKind KindOfPrefix(std::string_view prefix) {
  std::string lower(prefix);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  std::ranges::sort(lower);
  if (lower.empty() || lower == "r" || lower == "u") {
    return PythonTokenKind::kString;
  }
  if (lower == "b" || lower == "br") return PythonTokenKind::kBytes;
  if (lower == "f" || lower == "fr" || lower == "t" || lower == "rt") {
    return PythonTokenKind::kFormatted;
  }
  return PythonTokenKind::kBad;
}

size_t SkipFields(std::string_view text, size_t ofs, std::string_view quote);

// Returns the offset behind the string whose quotes begin at `ofs`; npos if it
// has no end.
size_t SkipString(std::string_view text, size_t ofs, bool formatted) {
  std::string_view quote = text.substr(ofs, 1);
  if (text.substr(ofs, 3) == std::string(3, text[ofs])) {
    quote = text.substr(ofs, 3);
  }
  for (size_t i = ofs + quote.size(); i < text.size();) {
    if (text[i] == '\\') {
      // A backslash does not keep a brace from opening a field.
      i += formatted && text.substr(i + 1, 1) == "{" ? size_t{1} : size_t{2};
    } else if (text.substr(i).starts_with(quote)) {
      return i + quote.size();
    } else if (text[i] == '\n' && quote.size() == 1) {
      return std::string_view::npos;
    } else if (formatted && text[i] == '{') {
      if (text.substr(i, 2) == "{{") {
        i += 2;
        continue;
      }
      i = SkipFields(text, i, quote);
      if (i == std::string_view::npos) return i;
    } else {
      ++i;
    }
  }
  return std::string_view::npos;
}

// Returns the offset behind the replacement field that begins at `ofs`; npos if
// the string's own line, or the text, ends first.
size_t SkipFields(std::string_view text, size_t ofs, std::string_view quote) {
  size_t depth = 0;
  bool in_format = false;  // of the outermost field: text, but for its fields
  for (size_t i = ofs; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' && quote.size() == 1) return std::string_view::npos;
    if (c == '{' || c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      if (--depth == 0) return i + 1;
    } else if (c == ':' && depth == 1) {
      in_format = true;
    } else if (c == '"' || c == '\'') {
      // Where a field may not hold the quotes of its string, they end it.
      if (in_format && depth == 1) return std::string_view::npos;
      const size_t end = SkipString(text, i, false);
      if (end == std::string_view::npos) return end;
      i = end - 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

void PythonLexer::Add(PythonTokenKind kind, size_t size, PythonLine* line) {
  line->tokens.push_back({kind, text_.substr(ofs_, size)});
  ofs_ = std::min(ofs_ + size, text_.size());
  line->end_ofs = ofs_;
}

bool PythonLexer::Next(PythonLine* line) {
  *line = {};
  if (!SkipToContent(line)) return false;
  line->begin_ofs = line->end_ofs = ofs_;
  open_.clear();
  ReadLine(line);
  line->tokens.push_back({});
  return true;
}

std::vector<PythonToken> PythonLexer::Inside(std::string_view text) {
  PythonLexer lexer(text);
  lexer.always_inside_ = true;
  PythonLine line;
  lexer.ReadLine(&line);
  line.tokens.push_back({});
  return std::move(line.tokens);
}

// Passes blank lines and comments over, and measures the indentation.
bool PythonLexer::SkipToContent(PythonLine* line) {
  while (ofs_ < text_.size()) {
    const char c = text_[ofs_];
    if (c == ' ') {
      ++line->columns;
      ++line->narrow_columns;
    } else if (c == '\t') {
      line->columns = (line->columns / 8 + 1) * 8;
      ++line->narrow_columns;
    } else if (c == '\n' || c == '\r' || c == '\f') {
      line->columns = line->narrow_columns = 0;
    } else if (text_.substr(ofs_).starts_with("\xEF\xBB\xBF") && ofs_ == 0) {
      ofs_ += 2;
    } else if (c == '#') {
      ofs_ = std::min(text_.find('\n', ofs_), text_.size());
      continue;
    } else {
      return true;
    }
    ++ofs_;
  }
  return false;
}

void PythonLexer::ReadLine(PythonLine* line) {
  while (ofs_ < text_.size()) {
    const char c = text_[ofs_];
    if (c == '\n') {
      if (!PassLineEnd(line)) return;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
      ++ofs_;
    } else if (c == '#') {
      ofs_ = std::min(text_.find('\n', ofs_), text_.size());
    } else if (c == '\\') {
      const std::string_view rest = text_.substr(ofs_ + 1, 2);
      const bool joins = rest.starts_with('\n') || rest == "\r\n";
      if (joins) {
        ofs_ += rest.front() == '\n' ? size_t{2} : size_t{3};
      } else {
        Add(PythonTokenKind::kBad, 1, line);
      }
    } else {
      ReadToken(line);
    }
  }
  if (!open_.empty()) line->open = true;
  if (line->open) line->end_ofs = text_.size();
}

bool PythonLexer::PassLineEnd(PythonLine* line) {
  ++ofs_;
  if (always_inside_) return true;
  if (open_.empty()) return false;
  const size_t begin = text_.find_first_not_of(" \t\r\n\f", ofs_);
  if (begin == std::string_view::npos) return true;
  const size_t end = std::max(WordEnd(text_, begin), begin + 1);
  const bool statement =
      std::ranges::find(kStatementWords, text_.substr(begin, end - begin)) !=
      kStatementWords.end();
  if (!statement || text_.find('\n', ofs_) < begin) return true;
  line->open = true;
  line->end_ofs = ofs_;
  line->tokens.push_back({PythonTokenKind::kBad, {}});
  return false;
}

void PythonLexer::ReadToken(PythonLine* line) {
  if (ReadString(line)) return;
  const char c = text_[ofs_];
  const bool number = IsDigit(c) || (c == '.' && ofs_ + 1 < text_.size() &&
                                     IsDigit(text_[ofs_ + 1]));
  if (number || IsWordStart(c)) {
    ReadWord(line);
  } else {
    ReadOperator(line);
  }
}

bool PythonLexer::ReadString(PythonLine* line) {
  const size_t quote = WordEnd(text_, ofs_);
  if (quote >= text_.size() || quote > ofs_ + 2) return false;
  if (text_[quote] != '"' && text_[quote] != '\'') return false;
  const auto kind = KindOfPrefix(text_.substr(ofs_, quote - ofs_));
  if (kind == PythonTokenKind::kBad) return false;
  const size_t end =
      SkipString(text_, quote, kind == PythonTokenKind::kFormatted);
  if (end <= text_.size()) {
    Add(kind, end - ofs_, line);
    return true;
  }
  const bool triple = text_.substr(quote, 3) == std::string(3, text_[quote]);
  const size_t stop =
      triple ? text_.size() : std::min(text_.find('\n', ofs_), text_.size());
  Add(PythonTokenKind::kBad, stop - ofs_, line);
  line->open |= triple;
  return true;
}

void PythonLexer::ReadWord(PythonLine* line) {
  const size_t end = WordEnd(text_, ofs_);
  if (IsWordStart(text_[ofs_])) {
    const std::string_view word = text_.substr(ofs_, end - ofs_);
    const bool keyword = std::ranges::binary_search(kKeywords, word);
    Add(keyword ? PythonTokenKind::kKeyword : PythonTokenKind::kName,
        word.size(), line);
    return;
  }
  // What a number is followed by without a break is a part of it, and wrong.
  Add(PythonTokenKind::kNumber, NumberEnd(text_, ofs_) - ofs_, line);
}

void PythonLexer::ReadOperator(PythonLine* line) {
  const std::string_view rest = text_.substr(ofs_);
  const char c = rest.front();
  if (c == '(' || c == '[' || c == '{') open_.push_back(c);
  if ((c == ')' || c == ']' || c == '}') && !open_.empty()) open_.pop_back();
  const bool may_be_long =
      rest.size() > 1 && kSecondOfLong.find(rest[1]) != std::string_view::npos;
  for (const std::string_view op : kLongOperators) {
    if (may_be_long && rest.starts_with(op)) {
      return Add(PythonTokenKind::kOperator, op.size(), line);
    }
  }
  const bool known = std::string_view("+-*/%@&|^~<>()[]{},:;.=").find(c) !=
                     std::string_view::npos;
  Add(known ? PythonTokenKind::kOperator : PythonTokenKind::kBad, 1, line);
}

std::string_view InsideOfString(std::string_view token) {
  token.remove_prefix(std::min(token.find_first_of("\"'"), token.size()));
  const bool triple =
      token.size() >= 6 && token[0] == token[1] && token[1] == token[2];
  const size_t quotes = triple ? 3 : 1;
  if (token.size() < 2 * quotes) return {};
  return token.substr(quotes, token.size() - 2 * quotes);
}

bool FindFields(std::string_view inside,
                std::vector<ReplacementField>* fields) {
  for (size_t i = 0; i < inside.size(); ++i) {
    const std::string_view pair = inside.substr(i, 2);
    if (pair == "\\N") {  // "\N{DASH}" is no field
      i = std::min(inside.find('}', i), inside.size());
      continue;
    }
    const bool escapes = pair.front() == '\\' && pair != "\\{";
    if (pair == "{{" || pair == "}}" || escapes) {
      ++i;
      continue;
    }
    if (inside[i] == '}') return false;
    if (inside[i] != '{') continue;
    const size_t end = SkipFields(inside, i, "\"\"\"");
    if (end == std::string_view::npos) return false;
    const std::string_view field = inside.substr(i + 1, end - i - 2);
    size_t depth = 0;
    size_t colon = field.size();
    for (size_t k = 0; k < field.size() && colon == field.size(); ++k) {
      const char c = field[k];
      if (c == '"' || c == '\'') {
        k = std::min(SkipString(field, k, false), field.size()) - 1;
      } else if (std::string_view("([{").find(c) != std::string_view::npos) {
        ++depth;
      } else if (std::string_view(")]}").find(c) != std::string_view::npos) {
        --depth;
      } else if (c == ':' && depth == 0) {
        colon = k;
      }
    }
    fields->push_back({field.substr(0, colon),
                       field.substr(std::min(colon + 1, field.size()))});
    i = end - 1;
  }
  return true;
}

}  // namespace krait::grammars
