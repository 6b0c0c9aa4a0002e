// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_PRINTABLE_H_
#define KRAIT_ENGINE_FILE_PRINTABLE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace krait::engine {

// Returns `text`, which comes from a file and may be anything, fit for a
// message on a terminal: control characters and bytes that are not UTF-8 as
// \xNN, and at most `limit` bytes of it, with "..." if there is more.
std::string Printable(std::string_view text, size_t limit = 80);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_PRINTABLE_H_
