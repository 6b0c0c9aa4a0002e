// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/forget_mark.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <utility>

#include "base/private_files.h"

namespace krait::daemon {

base::Status ForgetMark::Set(const std::filesystem::path& file) {
  if (file.empty()) return {};
  if (auto made = base::MakePrivateDirectories(file.parent_path()); !made) {
    return made;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return base::WritePrivateFile(file,
                                fmt::format("{} {}\n", now.count(), getpid()));
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
