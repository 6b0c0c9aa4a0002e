// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_DAEMON_CHILD_H_
#define KRAIT_DAEMON_PROCESS_DAEMON_CHILD_H_

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/process/daemon_start.h"

namespace krait::daemon {

// Returns those of the variables ("NAME=value") that a daemon needs: it serves
// other editors than the one whose environment this is, and for longer. `also`:
// names of further ones.
std::vector<std::string> DaemonEnvironment(
    std::span<const char* const> variables,
    std::span<const std::string> also = {});

// A daemon that this process started.
class DaemonChild {
 public:
  // Detached: in a session of its own, without any of our descriptors.
  // `log_file` empty: without a log.
  static base::Result<DaemonChild> Start(const WantedDaemon& wish,
                                         const std::filesystem::path& log_file);

  // Returns the exit status once it has ended.
  std::optional<int> Ended();

 private:
  explicit DaemonChild(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_DAEMON_CHILD_H_
