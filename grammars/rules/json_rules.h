// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_RULES_JSON_RULES_H_
#define KRAIT_GRAMMARS_RULES_JSON_RULES_H_

#include <string_view>
#include <vector>

#include "grammars/rules/broken.h"

namespace krait::grammars {

// Returns where a text is not JSON as RFC 8259 has it: values, commas and
// colons that are missing or too many, strings, numbers and words that are
// none. Comments, which editors' own files have, are blanks with
// `with_comments`.
std::vector<Broken> FindBrokenJson(std::string_view text, bool with_comments);

bool HasJsonComments(std::string_view text);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_RULES_JSON_RULES_H_
