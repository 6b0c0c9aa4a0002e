// SPDX-License-Identifier: Apache-2.0
#include "daemon/private_process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"

namespace krait::daemon {

void KeepMemoryPrivate() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  // The limit alone does not count where dumps go to a program.
  if (setrlimit(RLIMIT_CORE, &none) != 0 ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    WriteLog(LogLevel::kWarning, "core dumps could not be turned off");
  }
}

void LeaveStartersPlace() {
  if (chdir("/") != 0) {
    WriteLog(LogLevel::kWarning, "the working directory could not be left");
  }
  (void)umask(077);
}

}  // namespace krait::daemon
