// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_LOG_H_
#define KRAIT_DAEMON_LOG_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace krait::daemon {

enum class LogLevel : uint8_t { kError, kWarning, kInfo, kDebug };

std::string_view LogLevelName(LogLevel level);
std::optional<LogLevel> LogLevelNamed(std::string_view name);

struct LogOptions {
  LogLevel level = LogLevel::kWarning;
  // With time and process, as a log that is read later needs.
  bool stamped = false;
  // Empty: standard error. Otherwise standard error goes to this file, too.
  std::filesystem::path file = {};
  // A file that grew over this becomes FILE.1, in the place of an older one.
  size_t max_file_bytes = size_t{1} << 20;
};

// Sets how the process logs; until then, warnings to standard error. Fails if
// the file cannot be opened; then nothing changes. Thread-safe.
base::Status OpenLog(const LogOptions& options);

// Whether lines of a level are written: for those that are costly to make.
// Thread-safe.
bool IsLogged(LogLevel level);

// Writes one line; line breaks in `sentence` become spaces. What cannot be
// written is lost. Thread-safe.
void WriteLog(LogLevel level, std::string_view sentence);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_LOG_H_
