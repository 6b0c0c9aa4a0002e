// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_DAEMON_MARK_H_
#define KRAIT_DAEMON_PROCESS_DAEMON_MARK_H_

#include <filesystem>
#include <string>
#include <vector>

#include "base/file_descriptor.h"

namespace krait::daemon {

// A file that is there, locked, while a daemon runs, and goes when it ends by
// itself: what is left tells the next one how the last has ended. A fatal
// signal is written into it, and into the log.
class DaemonMark {
 public:
  // Makes DIRECTORY/daemon-PID.mark and begins to watch for fatal signals of
  // this process. An empty directory, or one that cannot be written: no mark.
  explicit DaemonMark(const std::filesystem::path& directory);
  ~DaemonMark();
  DaemonMark(const DaemonMark&) = delete;
  DaemonMark& operator=(const DaemonMark&) = delete;

 private:
  std::filesystem::path file_;
  base::FileDescriptor fd_;
};

// Returns a sentence about each daemon that did not end by itself, and removes
// what they left.
std::vector<std::string> HowOthersEnded(const std::filesystem::path& directory);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_DAEMON_MARK_H_
