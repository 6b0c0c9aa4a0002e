// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/significant_terms.h"

#include <cstddef>

#include "base/code_terms.h"

namespace krait::daemon {

std::map<std::string, int, std::less<>> SignificantTerms(
    std::string_view text) {
  constexpr size_t kShort = 3;
  std::map<std::string, int, std::less<>> terms;
  base::ForEachTerm(text, [&](std::string_view term, bool /*whole*/) {
    if (term.size() <= kShort) return;
    const auto found = terms.find(term);
    if (found == terms.end()) {
      terms.emplace(term, 1);
    } else {
      ++found->second;
    }
  });
  return terms;
}

}  // namespace krait::daemon
