// SPDX-License-Identifier: Apache-2.0
//
// The log is a file and the one before it (see log.h), each of at most some
// MiB, so that both are read whole.
#include "daemon/commands/show_log.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "daemon/config/config.h"
#include "daemon/process/runtime_dir.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"

namespace krait::daemon {
namespace {

constexpr auto kPause = std::chrono::milliseconds(300);

std::string_view LastLines(std::string_view text, size_t lines) {
  size_t begin = text.size();
  if (text.ends_with('\n')) --begin;
  for (size_t i = 0; i < lines; ++i) {
    const size_t newline =
        begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
    if (newline == std::string_view::npos) return text;
    begin = newline;
  }
  return text.substr(begin + 1);
}

// Follows a file by its name: a full one is put aside and a new one begun.
class Follower {
 public:
  explicit Follower(std::filesystem::path file) : file_(std::move(file)) {}

  // Returns what was added since the last call.
  std::string Added() {
    std::string added;
    const auto now = IdentityAt(file_);
    if (now && now != identity_) {
      added = Rest();  // of the old one
      identity_ = now;
      stream_ = std::ifstream(file_, std::ios::binary);
    }
    return added + Rest();
  }

 private:
  std::string Rest() {
    stream_.clear();
    std::string rest;
    for (char c = 0; stream_.get(c);) rest += c;
    return rest;
  }

  const std::filesystem::path file_;
  std::optional<FileIdentity> identity_;
  std::ifstream stream_;
};

int SayThereIsNone(const std::filesystem::path& file) {
  return ReportError(base::MakeError(
      base::ErrorCode::kNotFound,
      fmt::format("{}: no such file: no editor has started a daemon yet (one "
                  "that systemd starts writes to its journal: `journalctl "
                  "--user -u krait`)",
                  file.string())));
}

}  // namespace

int RunShowLog(const ShowLogArguments& arguments) {
  const std::filesystem::path file = StateHome() / "daemon.log";
  std::error_code error;
  const bool exists = std::filesystem::exists(file, error);
  if (!exists && !arguments.follow) return SayThereIsNone(file);
  Follower follower(file);
  const auto before = ReadText(file.string() + ".1");
  std::string text = before ? *before : std::string();
  text += follower.Added();
  Print(LastLines(text, arguments.lines));
  int status = FinishOutput(kExitOk);
  while (arguments.follow && status == kExitOk) {
    std::this_thread::sleep_for(kPause);
    Print(follower.Added());
    status = FinishOutput(kExitOk);
  }
  return status;
}

}  // namespace krait::daemon
