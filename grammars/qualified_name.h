// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_QUALIFIED_NAME_H_
#define KRAIT_GRAMMARS_QUALIFIED_NAME_H_

#include <string_view>

namespace krait::grammars {

// Views of the text that was split.
struct QualifiedName {
  std::string_view scope;  // the innermost, without template arguments
  std::string_view name;
};

// Splits what stands where a function's name is: `a::B<T>::f` and Lua's `a.B:f`
// into "B" and "f". What a grammar took for a part of it, as it did not know a
// macro before the type, is left out: `std::string A::f` is "A" and "f". The
// names of operators stay whole.
QualifiedName SplitFunctionName(std::string_view written);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_QUALIFIED_NAME_H_
