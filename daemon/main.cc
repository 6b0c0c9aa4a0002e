// SPDX-License-Identifier: Apache-2.0
#include "daemon/command_line.h"

int main(int argc, char** argv) {
  return krait::daemon::RunCommandLine(argc, argv);
}
