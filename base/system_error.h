// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_SYSTEM_ERROR_H_
#define KRAIT_BASE_SYSTEM_ERROR_H_

#include <filesystem>
#include <system_error>

#include "base/result.h"

namespace krait::base {

// "PATH: WHY", what the operating system said of a file.
inline Error SystemError(const std::filesystem::path& path,
                         std::error_code error) {
  return MakeError(ErrorCode::kIo, path.string() + ": " + error.message());
}
// Of errno.
inline Error SystemError(const std::filesystem::path& path, int error) {
  return SystemError(path, std::error_code(error, std::generic_category()));
}

}  // namespace krait::base

#endif  // KRAIT_BASE_SYSTEM_ERROR_H_
