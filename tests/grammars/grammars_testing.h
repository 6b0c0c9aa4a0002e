// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_GRAMMARS_GRAMMARS_TESTING_H_
#define KRAIT_TESTS_GRAMMARS_GRAMMARS_TESTING_H_

#include <algorithm>
#include <cassert>
#include <memory>
#include <string>
#include <string_view>

#include "grammars/language.h"
#include "grammars/parser.h"

namespace krait::grammars {

// A text with its cursor, written as a bar in the tests.
struct MarkedText {
  explicit MarkedText(std::string_view marked) {
    constexpr std::string_view kBar = "¦";
    ofs = marked.find(kBar);
    assert(ofs != std::string_view::npos);
    text = std::string(marked.substr(0, ofs)) +
           std::string(marked.substr(ofs + kBar.size()));
  }
  std::string text;
  size_t ofs = 0;
};

inline const Language* LanguageNamed(std::string_view name) {
  const auto found = std::ranges::find(Languages(), name, &Language::name);
  return found == Languages().end() ? nullptr : &*found;
}

// Long enough for a loaded machine with sanitizers.
inline ParserLimits PatientLimits() {
  ParserLimits limits;
  limits.timeout = std::chrono::seconds(60);
  return limits;
}

inline std::shared_ptr<const SyntaxTree> ParseText(std::string_view language,
                                                   std::string text) {
  Parser parser(LanguageNamed(language), PatientLimits());
  return parser.Parse(std::make_shared<const std::string>(std::move(text)));
}

}  // namespace krait::grammars

#endif  // KRAIT_TESTS_GRAMMARS_GRAMMARS_TESTING_H_
