// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/acceptance_store.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>
#include <system_error>

#include "daemon/config/config.h"
#include "daemon/json_text.h"
#include "daemon/server/file_descriptor.h"
#include "daemon/text_file.h"
#include "engine/private_files.h"

namespace krait::daemon {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;

std::string Today() {
  return fmt::format("{:%Y-%m-%d}", fmt::localtime(std::time(nullptr)));
}

// A lock on a file of its own, as the statistics' file is replaced.
engine::Result<FileDescriptor> Lock(const std::filesystem::path& file) {
  const std::string name = file.string() + ".lock";
  FileDescriptor lock(
      open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock || flock(lock.get(), LOCK_EX) != 0) {
    return engine::MakeError(engine::ErrorCode::kIo,
                             fmt::format("{}: {}", name, std::strerror(errno)));
  }
  return lock;
}

}  // namespace

void AcceptanceStore::Add(std::string_view language, std::string_view plan,
                          const AcceptanceCounts& counts) {
  if (file_.empty()) return;
  if (unsaved_.since.empty()) unsaved_.since = Today();
  unsaved_.Add(language, plan, counts);
}

engine::Result<AcceptanceTable> AcceptanceStore::Total() const {
  if (file_.empty()) return AcceptanceTable{};
  auto total = ReadAcceptanceFile(file_);
  if (total) total->Add(unsaved_);
  return total;
}

engine::Status AcceptanceStore::Save() {
  if (file_.empty() || unsaved_.since.empty()) return {};
  // What fails here fails again below.
  (void)engine::MakePrivateDirectories(file_.parent_path());
  const auto lock = Lock(file_);
  if (!lock) return lock.error();
  const auto total = Total();
  if (!total) return total.error();
  auto saved = engine::WritePrivateFile(file_, JsonText(ToJson(*total)) + "\n");
  if (saved) unsaved_ = {};
  return saved;
}

std::filesystem::path AcceptanceFile() {
  const auto home = StateHome();
  return home.empty() ? home : home / "statistics.json";
}

engine::Result<AcceptanceTable> ReadAcceptanceFile(
    const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) return AcceptanceTable{};
  if (!error && size > kMaxFileBytes) {
    return engine::MakeError(engine::ErrorCode::kBadFile,
                             fmt::format("{}: expected at most {} bytes",
                                         file.string(), kMaxFileBytes));
  }
  const auto text = ReadText(file);
  if (!text) return text.error();
  return ParseAcceptanceTable(*text, file.string());
}

}  // namespace krait::daemon
