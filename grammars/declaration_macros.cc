// SPDX-License-Identifier: Apache-2.0
#include "grammars/declaration_macros.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "grammars/word_bytes.h"

namespace krait::grammars {
namespace {

size_t SkipBlanks(std::string_view line, size_t at) {
  return std::min(line.find_first_not_of(" \t", at), line.size());
}

// The word that begins there; empty if none does.
std::string_view WordAt(std::string_view line, size_t at) {
  size_t end = at;
  while (end < line.size() && IsWordByte(line[end])) ++end;
  return line.substr(at, end - at);
}

// LIB_API, not T or BOOL, which are types.
bool LooksLikeMacro(std::string_view word) {
  return word.size() > 2 && word.find('_', 1) != word.npos &&
         std::ranges::none_of(word,
                              [](char c) { return c >= 'a' && c <= 'z'; });
}

bool BeginsClass(std::string_view word) {
  return word == "class" || word == "struct" || word == "union";
}

// What may stand before a macro of a function, beside other macros.
bool IsSpecifier(std::string_view word) {
  return word == "static" || word == "inline" || word == "extern" ||
         word == "virtual" || word == "constexpr" || word == "explicit";
}

// Whether a type, or a class of which a member is defined, begins there:
// `void f`, `std::string f`, `A<B> f`, `A::f`, `char* f`.
bool IsDeclaredAt(std::string_view line, size_t at) {
  const std::string_view word = WordAt(line, at);
  if (word.empty() || std::isdigit(static_cast<unsigned char>(word[0])) != 0) {
    return false;
  }
  const size_t next = SkipBlanks(line, at + word.size());
  const std::string_view rest = line.substr(next);
  return !WordAt(line, next).empty() || rest.starts_with("::") ||
         rest.starts_with('<') || rest.starts_with('*') ||
         rest.starts_with('&');
}

struct Macro {
  size_t begin;  // in the line
  size_t size;
};

// The next macro of a line from `*at` on, which goes behind it.
std::optional<Macro> NextMacro(std::string_view line, size_t* at) {
  while (*at < line.size()) {
    const size_t begin = *at;
    const std::string_view word = WordAt(line, begin);
    const size_t next = SkipBlanks(line, begin + word.size());
    if (BeginsClass(word)) {
      const std::string_view macro = WordAt(line, next);
      const size_t behind = SkipBlanks(line, next + macro.size());
      *at = line.size();
      if (!LooksLikeMacro(macro) || WordAt(line, behind).empty()) break;
      return Macro{.begin = next, .size = macro.size()};
    }
    *at = next;
    if (IsSpecifier(word)) continue;
    if (!LooksLikeMacro(word) || !IsDeclaredAt(line, next)) break;
    return Macro{.begin = begin, .size = word.size()};
  }
  *at = line.size();
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const std::string> WithoutDeclarationMacros(
    const Language& language, const std::shared_ptr<const std::string>& text) {
  if (language.name != "c" && language.name != "cpp") return text;
  std::shared_ptr<std::string> changed;
  bool of_directive = false;  // the line before ends in a backslash
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    const std::string_view line =
        std::string_view(*text).substr(begin, end - begin);
    size_t at = SkipBlanks(line, 0);
    of_directive = of_directive || line.substr(at).starts_with('#');
    while (const auto macro =
               of_directive ? std::nullopt : NextMacro(line, &at)) {
      if (!changed) changed = std::make_shared<std::string>(*text);
      changed->replace(begin + macro->begin, macro->size, macro->size, ' ');
    }
    of_directive =
        of_directive && (line.ends_with('\\') || line.ends_with("\\\r"));
    begin = end + 1;
  }
  return changed ? changed : text;
}

}  // namespace krait::grammars
