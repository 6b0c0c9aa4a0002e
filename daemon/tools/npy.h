// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_NPY_H_
#define KRAIT_DAEMON_TOOLS_NPY_H_

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/result.h"

namespace krait::daemon {

// Writes an array as NumPy's .npy, version 1.0: little-endian float32, C order.
// `values` has the product of `shape` elements.
base::Status WriteNpy(const std::filesystem::path& path,
                      std::span<const size_t> shape,
                      std::span<const float> values);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_NPY_H_
