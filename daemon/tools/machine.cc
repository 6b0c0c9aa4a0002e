// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/machine.h"

#include <sys/utsname.h>

#include <fstream>
#include <string_view>

namespace krait::daemon {

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    constexpr std::string_view kKey = "model name";
    const size_t colon = line.find(": ");
    if (line.starts_with(kKey) && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::optional<Memory> MemoryOfMachine() {
  std::ifstream file("/proc/meminfo");
  Memory memory;
  std::string key;
  std::string unit;
  size_t kib = 0;
  while (file >> key >> kib && std::getline(file, unit)) {
    if (key == "MemTotal:") memory.total_bytes = kib * 1024;
    if (key == "MemAvailable:") memory.available_bytes = kib * 1024;
  }
  if (memory.total_bytes == 0) return std::nullopt;
  return memory;
}

std::string KernelName() {
  utsname name{};
  if (uname(&name) != 0) return "unknown";
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

}  // namespace krait::daemon
