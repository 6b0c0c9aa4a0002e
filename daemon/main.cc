// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "daemon/commands/command_line.h"
#include "daemon/standard_error.h"

int main(int argc, char** argv) {
  krait::daemon::ReserveStandardStreams();
  // hwloc complains on standard error where a container hides a part of /sys;
  // `krait doctor` says what it found. Before any thread, as setenv needs.
  (void)setenv("HWLOC_HIDE_ERRORS", "2", /*overwrite=*/0);
  return krait::daemon::RunCommandLine(argc, argv);
}
