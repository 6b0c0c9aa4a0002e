// SPDX-License-Identifier: Apache-2.0
// What is read of a text before a grammar sees it, and of the names in it, in
// any bytes: its language, its macros, scopes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "grammars/declaration_macros.h"
#include "grammars/language.h"
#include "grammars/qualified_name.h"

namespace krait::grammars {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

bool LiesIn(std::string_view part, std::string_view text) {
  return part.empty() ||
         (part.data() >= text.data() &&
          part.data() + part.size() <= text.data() + text.size());
}

void FuzzOne(std::string_view bytes) {
  LanguageOfFile("script", bytes);
  const Language* const language = LanguageOfFile("a.h", bytes);
  Require(language != nullptr);

  const auto text = std::make_shared<const std::string>(bytes);
  const auto without = WithoutDeclarationMacros(*language, text);
  Require(without->size() == text->size());
  for (size_t i = 0; i < text->size(); ++i) {
    Require((*without)[i] == (*text)[i] ||
            ((*without)[i] == ' ' && (*text)[i] != '\n'));
  }

  const QualifiedName split = SplitFunctionName(bytes);
  Require(LiesIn(split.scope, bytes) && LiesIn(split.name, bytes));
  Require(split.name.empty() == bytes.empty());
}

}  // namespace
}  // namespace krait::grammars

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  krait::grammars::FuzzOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
