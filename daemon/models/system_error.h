// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_SYSTEM_ERROR_H_
#define KRAIT_DAEMON_MODELS_SYSTEM_ERROR_H_

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/result.h"

namespace krait::models {

// "PATH: WHY", what the operating system said of a file.
inline base::Error SystemError(const std::filesystem::path& path,
                               std::error_code error) {
  return base::MakeError(base::ErrorCode::kIo,
                         fmt::format("{}: {}", path.string(), error.message()));
}
// Of errno.
inline base::Error SystemError(const std::filesystem::path& path, int error) {
  return SystemError(path, std::error_code(error, std::generic_category()));
}

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_SYSTEM_ERROR_H_
