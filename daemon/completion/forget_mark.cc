// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/forget_mark.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <utility>

#include "engine/private_files.h"

namespace krait::daemon {

engine::Status ForgetMark::Set(const std::filesystem::path& file) {
  if (file.empty()) return {};
  if (auto made = engine::MakePrivateDirectories(file.parent_path()); !made) {
    return made;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return engine::WritePrivateFile(
      file, fmt::format("{} {}\n", now.count(), getpid()));
}

bool ForgetMark::IsNew() {
  const std::string before = std::exchange(seen_, Read());
  return seen_ != before;
}

std::string ForgetMark::Read() const {
  std::string line;
  if (!file_.empty()) std::getline(std::ifstream(file_), line);
  return line;
}

}  // namespace krait::daemon
