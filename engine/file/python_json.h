// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_PYTHON_JSON_H_
#define KRAIT_ENGINE_FILE_PYTHON_JSON_H_

#include <string>
#include <string_view>

namespace krait::engine {

// Returns `text` with what Python's json module reads (and writes) beyond JSON
// turned into JSON:
// - NaN, Infinity, -Infinity: strings of that name;
// - numbers too large for a double: the strings "Infinity" and "-Infinity";
// - integers too large for 64 bits: floating-point numbers;
// - escapes of half a surrogate pair in strings: U+FFFD.
// What is no JSON for Python either stays as it is. Linear time.
std::string StrictJsonOfPython(std::string_view text);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_PYTHON_JSON_H_
