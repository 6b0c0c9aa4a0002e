// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/battery.h"

#include <string>
#include <system_error>

#include "daemon/repository/read_file.h"

namespace krait::repository {
namespace {

namespace fs = std::filesystem;

// "" if it cannot be read.
std::string Says(const fs::path& supply, const char* what) {
  constexpr size_t kMost = 64;
  auto text = ReadFile(supply / what, kMost);
  if (!text) return {};
  text->resize(text->find_last_not_of(" \n") + 1);  // npos + 1 is 0
  return std::move(*text);
}

}  // namespace

bool IsOnBattery(const fs::path& supplies) {
  bool discharging = false;
  std::error_code error;
  for (fs::directory_iterator at(supplies, error);
       !error && at != fs::directory_iterator(); at.increment(error)) {
    const fs::path& supply = at->path();
    if (Says(supply, "scope") == "Device") continue;
    if (Says(supply, "type") != "Battery") {
      if (Says(supply, "online") == "1") return false;
    } else if (Says(supply, "status") == "Discharging") {
      discharging = true;
    }
  }
  return discharging;
}

}  // namespace krait::repository
