// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_DECLARATION_MACROS_H_
#define KRAIT_GRAMMARS_DECLARATION_MACROS_H_

#include <memory>
#include <string>

#include "grammars/language.h"

namespace krait::grammars {

// Returns a text of the same length in which the macros before what is declared
// are blanks, in C and C++: `LIB_API int f();`, `class LIB_API Name {`. A
// grammar that does not know them takes them for types, and the rest of the
// declaration for something else. What is returned is `text` itself if there is
// none. Macros are told by their capitals, and by what follows on their line.
std::shared_ptr<const std::string> WithoutDeclarationMacros(
    const Language& language, const std::shared_ptr<const std::string>& text);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_DECLARATION_MACROS_H_
