// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_JSON_REPAIR_H_
#define KRAIT_LSP_JSON_REPAIR_H_

#include <string>
#include <string_view>

namespace krait::lsp {

// Returns JSON that a strict parser refuses as what was plainly meant: U+FFFD
// for each half of a surrogate pair that stands alone (one UTF-16 unit for
// another) and for each byte that is not UTF-8; escapes for control characters
// that stand in a string as they are; numbers beyond a double's range, and
// Infinity, as the last that is in it; NaN as null. The rest stays as it is,
// right or wrong. Linear in time.
std::string RepairJson(std::string_view json);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_JSON_REPAIR_H_
