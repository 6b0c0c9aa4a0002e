// SPDX-License-Identifier: Apache-2.0
#include "grammars/language_clues.h"

#include <algorithm>
#include <array>

#include "grammars/word_bytes.h"

namespace krait::grammars {
namespace {

constexpr size_t kMostOfHeader = size_t{256} << 10;  // bytes
constexpr std::string_view kBlanks = " \t\r";

std::string_view Stripped(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Takes a word off the front of a line, and the space behind it.
std::string_view TakeWord(std::string_view* line) {
  const auto end = std::ranges::find_if_not(*line, IsWordByte);
  const auto word = line->substr(0, static_cast<size_t>(end - line->begin()));
  *line = Stripped(line->substr(word.size()));
  return word;
}

// `class Name` at the end of a line or before a body, its bases, a semicolon.
// A macro of what is exported may come before the name, `final` behind it; a
// comment's sentence goes on otherwise.
bool IsClass(std::string_view rest) {
  if (TakeWord(&rest).empty()) return false;
  if (rest.empty()) return true;
  TakeWord(&rest);
  return rest.starts_with('{') || rest.starts_with(';') ||
         rest.starts_with(':');
}

// `#include <vector>`: what C includes has a point in its name.
bool IsCppInclude(std::string_view line) {
  line = Stripped(line.substr(1));
  if (TakeWord(&line) != "include" || !line.starts_with('<')) return false;
  const std::string_view name = line.substr(1, line.find('>') - 1);
  return !name.empty() && std::ranges::all_of(name, IsWordByte);
}

bool IsCppLine(std::string_view line) {
  line = Stripped(line);
  if (line.starts_with('#')) return IsCppInclude(line);
  const std::string_view word = TakeWord(&line);
  if (word == "public" || word == "private" || word == "protected") {
    return line == ":";
  }
  if (word == "template") return line.starts_with('<');
  if (word == "class") return IsClass(line);
  if (word == "namespace") return line.ends_with('{');
  if (word == "using") return line.ends_with(';');
  return false;
}

}  // namespace

std::string_view LanguageOfInterpreter(std::string_view text) {
  struct Interpreter {
    std::string_view program;
    std::string_view language;
  };
  constexpr std::array<Interpreter, 10> kInterpreters = {{
      {"sh", "shell"},
      {"bash", "shell"},
      {"dash", "shell"},
      {"ksh", "shell"},
      {"zsh", "shell"},
      {"python", "python"},
      {"node", "javascript"},
      {"lua", "lua"},
      {"php", "php"},
      {"ruby", "ruby"},
  }};
  if (!text.starts_with("#!")) return {};
  const std::string_view line = text.substr(2, text.find('\n') - 2);
  // Of each word the last name, without the version behind it.
  for (size_t begin = 0; begin < line.size();) {
    const size_t end =
        std::min(line.find_first_of(kBlanks, begin), line.size());
    std::string_view word = line.substr(begin, end - begin);
    begin = end + 1;
    word.remove_prefix(word.rfind('/') + 1);
    word = word.substr(0, word.find_last_not_of("0123456789.") + 1);
    const auto* const found =
        std::ranges::find(kInterpreters, word, &Interpreter::program);
    if (found != kInterpreters.end()) return found->language;
  }
  return {};
}

bool HasCppLine(std::string_view text) {
  text = text.substr(0, kMostOfHeader);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (IsCppLine(text.substr(0, end))) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace krait::grammars
