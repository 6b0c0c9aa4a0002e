// SPDX-License-Identifier: Apache-2.0
//
// The log is standard error, so that what libraries and the runtime print in
// their last moments is in it too: a log file is put in its place.
#include "daemon/log.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string>
#include <utility>

#include "daemon/standard_error.h"

namespace krait::daemon {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"error", "warning",
                                                         "info", "debug"};

struct Log {
  std::mutex mutex;
  LogOptions options;
};

Log& TheLog() {
  static Log* const log = new Log;  // never destroyed: threads may outlive main
  return *log;
}

// Puts `file` in the place of standard error.
base::Status OpenFile(const std::filesystem::path& file) {
  const int fd =
      open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || dup2(fd, STDERR_FILENO) < 0) {
    const int reason = errno;
    if (fd >= 0) close(fd);
    return base::MakeError(
        base::ErrorCode::kIo,
        fmt::format("log file {}: {}", file.string(), std::strerror(reason)));
  }
  close(fd);
  return {};
}

// Begins a new file if this one is full. The names are enough of a bound: a
// log that cannot be renamed is written on.
void Rotate(const LogOptions& options) {
  if (options.file.empty()) return;
  struct stat status {};
  if (fstat(STDERR_FILENO, &status) != 0 ||
      std::cmp_less(status.st_size, options.max_file_bytes)) {
    return;
  }
  std::error_code error;
  std::filesystem::rename(options.file, options.file.string() + ".1", error);
  if (!error) (void)OpenFile(options.file);
}

std::string LineOf(LogLevel level, std::string_view sentence, bool stamped) {
  std::string line;
  if (stamped) {
    const std::time_t now = std::time(nullptr);
    line =
        fmt::format("{:%Y-%m-%dT%H:%M:%SZ} krait[{}] {}: {}", fmt::gmtime(now),
                    getpid(), LogLevelName(level), sentence);
  } else {
    line = fmt::format("krait: {}", sentence);
  }
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  return line;
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  return kLevelNames[static_cast<size_t>(level)];
}

std::optional<LogLevel> LogLevelNamed(std::string_view name) {
  const auto found = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  if (found == kLevelNames.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLevelNames.begin());
}

base::Status OpenLog(const LogOptions& options) {
  Log& log = TheLog();
  const std::lock_guard lock(log.mutex);
  if (!options.file.empty()) {
    if (auto opened = OpenFile(options.file); !opened) return opened;
  }
  log.options = options;
  return {};
}

bool IsLogged(LogLevel level) {
  Log& log = TheLog();
  const std::lock_guard lock(log.mutex);
  return level <= log.options.level;
}

void WriteLog(LogLevel level, std::string_view sentence) {
  Log& log = TheLog();
  const std::lock_guard lock(log.mutex);
  if (level > log.options.level) return;
  Rotate(log.options);
  const std::string line = LineOf(level, sentence, log.options.stamped);
  WriteToStandardError(line);
}

}  // namespace krait::daemon
