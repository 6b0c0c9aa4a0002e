// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/acceptance_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/file_descriptor.h"
#include "base/json_text.h"
#include "base/private_files.h"
#include "base/system_error.h"
#include "daemon/config/config.h"
#include "daemon/text_file.h"

namespace krait::daemon {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;

// A lock on a file of its own, as the statistics' file is replaced.
base::Result<base::FileDescriptor> Lock(const std::filesystem::path& file,
                                        std::chrono::milliseconds patience,
                                        const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kLookEvery{20};
  const std::filesystem::path name = file.string() + ".lock";
  base::FileDescriptor lock(
      open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return base::SystemError(name, errno);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return base::SystemError(name, errno);
    if (stop.stop_requested() || std::chrono::steady_clock::now() >= end) {
      return base::MakeError(
          base::ErrorCode::kIo,
          fmt::format("{}: another process holds it", name.string()));
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  return lock;
}

base::Status WriteAll(int fd, std::string_view text,
                      const std::filesystem::path& file) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return base::SystemError(file, errno);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(fd) != 0) return base::SystemError(file, errno);
  return {};
}

// After a power cut the file is the old or the new one.
base::Status Replace(const std::filesystem::path& file,
                     const std::string& text) {
  const std::filesystem::path whole = file.string() + ".new";
  {
    const base::FileDescriptor written(
        open(whole.c_str(),
             O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!written) return base::SystemError(whole, errno);
    if (auto done = WriteAll(written.get(), text, whole); !done) return done;
  }
  if (rename(whole.c_str(), file.c_str()) != 0)
    return base::SystemError(file, errno);
  const base::FileDescriptor folder(
      open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) (void)fsync(folder.get());
  return {};
}

// Returns what the file says; one that says nothing is renamed, and counting
// begins anew.
base::Result<AcceptanceFileTotal> Take(const std::filesystem::path& file) {
  auto table = ReadAcceptanceFile(file);
  if (table) return AcceptanceFileTotal{.table = *table, .set_aside = {}};
  if (table.error().code != base::ErrorCode::kBadFile) return table.error();
  const auto broken = BrokenAcceptanceFile(file);
  if (rename(file.c_str(), broken.c_str()) != 0)
    return base::SystemError(file, errno);
  return AcceptanceFileTotal{
      .table = {},
      .set_aside =
          fmt::format("{}; it is kept as {}, and counting begins anew",
                      table.error().message, broken.filename().string())};
}

}  // namespace

std::filesystem::path AcceptanceFile() {
  const auto home = StateHome();
  return home.empty() ? home : home / "statistics.json";
}

std::filesystem::path BrokenAcceptanceFile(const std::filesystem::path& file) {
  return file.string() + ".broken";
}

base::Result<AcceptanceTable> ReadAcceptanceFile(
    const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) return AcceptanceTable{};
  if (!error && size > kMaxFileBytes) {
    return base::MakeError(base::ErrorCode::kBadFile,
                           fmt::format("{}: expected at most {} bytes",
                                       file.string(), kMaxFileBytes));
  }
  const auto text = ReadText(file);
  if (!text) return text.error();
  return ParseAcceptanceTable(*text, file.string());
}

base::Result<AcceptanceFileTotal> AddToAcceptanceFile(
    const std::filesystem::path& file, const AcceptanceTable& counts,
    std::chrono::milliseconds patience, const std::stop_token& stop) {
  // What fails here fails again below.
  (void)base::MakePrivateDirectories(file.parent_path());
  const auto lock = Lock(file, patience, stop);
  if (!lock) return lock.error();
  auto total = Take(file);
  if (!total) return total.error();
  total->table.Add(counts);
  auto saved = Replace(file, base::JsonText(ToJson(total->table)) + "\n");
  if (!saved) return saved.error();
  return total;
}

}  // namespace krait::daemon
