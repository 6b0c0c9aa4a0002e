// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMebibyte = size_t{1} << 20;
constexpr size_t kMostStateBytes = size_t{1} << 30;
constexpr size_t kLeastOtherBytes = 16 * kMebibyte;
constexpr size_t kShare = 8;
// Control groups are nested a few deep.
constexpr int kMostGroups = 64;

size_t SoftLimit(int resource) {
  rlimit limit = {};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 ||
      limit.rlim_cur == RLIM_INFINITY) {
    return 0;
  }
  return limit.rlim_cur;
}

// Returns the number in the file; nothing if there is none ("max").
std::optional<size_t> ReadLimit(const fs::path& file) {
  std::ifstream in(file);
  std::string word;
  if (!(in >> word)) return std::nullopt;
  size_t bytes = 0;
  const auto read =
      std::from_chars(word.data(), word.data() + word.size(), bytes);
  if (read.ec != std::errc() || read.ptr != word.data() + word.size()) {
    return std::nullopt;
  }
  return bytes;
}

void Lower(size_t bytes, std::string_view set_by, MemoryLimit* limit) {
  if (bytes == 0 || bytes >= limit->bytes) return;
  *limit = {.bytes = bytes, .set_by = std::string(set_by)};
}

// Looks in the group's folder and all those around it. In a container the group
// may be named as the machine sees it, where only the mount's root exists.
void LowerByGroups(const fs::path& mount, fs::path group,
                   std::initializer_list<const char*> files,
                   MemoryLimit* limit) {
  for (int i = 0; i < kMostGroups; ++i) {
    for (const char* file : files) {
      if (const auto bytes = ReadLimit(mount / group / file)) {
        Lower(*bytes, "its control group", limit);
      }
    }
    if (group.empty()) return;
    group = group.parent_path();
  }
}

// Lines are "0::/user.slice/a" in version 2, "4:cpu,memory:/a" in version 1.
void LowerByControlGroup(const fs::path& root, MemoryLimit* limit) {
  std::ifstream in(root / "proc/self/cgroup");
  std::string line;
  for (int i = 0; i < kMostGroups && std::getline(in, line); ++i) {
    const size_t first = line.find(':');
    const size_t second =
        first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string controllers(1, ',');
    controllers.append(line, first + 1, second - first - 1).append(",");
    const fs::path group =
        fs::path(line.substr(second + 1)).lexically_normal().relative_path();
    const fs::path mounts = root / "sys/fs/cgroup";
    if (controllers == ",,") {
      const std::initializer_list<const char*> files = {"memory.max",
                                                        "memory.high"};
      LowerByGroups(mounts, group, files, limit);
      LowerByGroups(mounts / "unified", group, files, limit);
    } else if (controllers.find(",memory,") != std::string::npos) {
      LowerByGroups(mounts / "memory", group, {"memory.limit_in_bytes"}, limit);
    }
  }
}

}  // namespace

MemoryEnvironment MemoryEnvironment::OfProcess() {
  MemoryEnvironment environment;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0) {
    environment.machine_bytes =
        static_cast<size_t>(pages) * static_cast<size_t>(page_bytes);
  }
  environment.address_space_bytes = SoftLimit(RLIMIT_AS);
  environment.data_bytes = SoftLimit(RLIMIT_DATA);
  return environment;
}

MemoryLimit FindMemoryLimit(const MemoryEnvironment& environment) {
  MemoryLimit limit{.bytes = environment.machine_bytes,
                    .set_by = "the machine"};
  // Where that is not known, nothing else is a reason to take more.
  if (limit.bytes == 0) limit.bytes = kShare * kMostStateBytes;
  LowerByControlGroup(environment.root, &limit);
  Lower(environment.address_space_bytes, "ulimit -v", &limit);
  Lower(environment.data_bytes, "ulimit -d", &limit);
  return limit;
}

size_t StateBytesFor(const MemoryLimit& limit) {
  const size_t share = limit.bytes / kShare;
  if (share >= kMostStateBytes) return kMostStateBytes;
  // In whole MiB, as people are shown it.
  return std::max(share - share % kMebibyte, kMebibyte);
}

const MemoryLimit& ProcessMemoryLimit() {
  static const MemoryLimit limit =
      FindMemoryLimit(MemoryEnvironment::OfProcess());
  return limit;
}

size_t DefaultStateBytes() {
  return StateBytesFor(ProcessMemoryLimit());
}

size_t SharedBytesFor(size_t state_bytes, const MemoryLimit& limit) {
  const size_t half = limit.bytes / 2;
  if (state_bytes >= half) return half;
  const size_t others = std::max(state_bytes / kShare, kLeastOtherBytes);
  return state_bytes + std::min(others, half - state_bytes);
}

std::shared_ptr<base::MemoryBudget> ProcessMemoryBudget(size_t state_bytes) {
  return std::make_shared<base::MemoryBudget>(
      SharedBytesFor(state_bytes, ProcessMemoryLimit()));
}

}  // namespace krait::daemon
