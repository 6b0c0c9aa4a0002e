// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/cgroup says in which group a process is, per hierarchy, and
// /proc/self/mountinfo where a hierarchy is mounted and which of its groups is
// the root there: not the hierarchy's own in a container.
#include "engine/threads/cpu_quota.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace krait::engine {
namespace {

namespace fs = std::filesystem;

// A hierarchy that can have the cpu controller.
struct Hierarchy {
  bool version_2 = false;
  std::string root;  // the group that is mounted
  fs::path mounted_at;
};

bool HasItem(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (list.substr(0, comma) == item) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// "29 23 0:26 /root /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate"
std::optional<Hierarchy> ParseMount(const std::string& line) {
  std::istringstream words(line);
  Hierarchy hierarchy;
  std::string word;
  std::string type;
  std::string source;
  std::string options;
  for (int i = 0; i < 3; ++i) words >> word;
  words >> hierarchy.root >> word;
  hierarchy.mounted_at = word;
  while (words >> word && word != "-") {
  }
  if (!(words >> type >> source >> options)) return std::nullopt;
  hierarchy.version_2 = type == "cgroup2";
  if (hierarchy.version_2) return hierarchy;
  if (type != "cgroup" || !HasItem(options, "cpu")) return std::nullopt;
  return hierarchy;
}

// Returns the group of the process: the path of "0::/user.slice" for version 2,
// of "4:cpu,cpuacct:/docker/abc" for version 1.
std::optional<std::string> GroupIn(const fs::path& process, bool version_2) {
  std::ifstream file(process / "cgroup");
  std::string line;
  while (std::getline(file, line)) {
    const size_t first = line.find(':');
    if (first == std::string::npos) continue;
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool wanted =
        version_2 ? controllers.empty() : HasItem(controllers, "cpu");
    if (wanted) return line.substr(second + 1);
  }
  return std::nullopt;
}

std::optional<double> QuotaIn(const fs::path& folder, bool version_2) {
  double quota = 0;
  double period = 0;
  if (version_2) {
    // "max 100000" where there is no limit.
    std::ifstream file(folder / "cpu.max");
    if (!(file >> quota >> period)) return std::nullopt;
  } else {
    std::ifstream quota_file(folder / "cpu.cfs_quota_us");
    std::ifstream period_file(folder / "cpu.cfs_period_us");
    // -1 where there is no limit.
    if (!(quota_file >> quota && period_file >> period)) return std::nullopt;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

void TakeLeast(std::optional<double> quota, std::optional<double>* least) {
  if (quota) *least = std::min(*quota, least->value_or(*quota));
}

// The least of the group's folder and those above it, up to the mount.
std::optional<double> LeastIn(const Hierarchy& hierarchy, std::string group) {
  // In a container the group's path may be that of the machine outside.
  if (hierarchy.root != "/") {
    group = group.starts_with(hierarchy.root)
                ? group.substr(hierarchy.root.size())
                : std::string();
  }
  const fs::path relative = fs::path(group).relative_path().lexically_normal();
  fs::path folder = hierarchy.mounted_at;
  std::optional<double> least;
  TakeLeast(QuotaIn(folder, hierarchy.version_2), &least);
  for (const fs::path& part : relative) {
    if (part == "..") break;  // above what is mounted
    folder /= part;
    TakeLeast(QuotaIn(folder, hierarchy.version_2), &least);
  }
  return least;
}

}  // namespace

std::optional<double> CpuQuota(const fs::path& process) {
  std::ifstream mounts(process / "mountinfo");
  std::string line;
  std::optional<double> least;
  while (std::getline(mounts, line)) {
    const auto hierarchy = ParseMount(line);
    if (!hierarchy) continue;
    const auto group = GroupIn(process, hierarchy->version_2);
    if (group) TakeLeast(LeastIn(*hierarchy, *group), &least);
  }
  return least;
}

}  // namespace krait::engine
