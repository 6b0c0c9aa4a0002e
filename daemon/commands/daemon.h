// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_DAEMON_H_
#define KRAIT_DAEMON_COMMANDS_DAEMON_H_

#include <filesystem>

#include "daemon/config/config.h"

namespace krait::daemon {

// `krait daemon`: serves all editors of the user, in the foreground.
struct DaemonArguments {
  std::filesystem::path config_file;  // empty: the user's
  std::filesystem::path log_file;     // empty: standard error
  LoadedConfig loaded;                // with the command line's options over it
};

int RunDaemon(const DaemonArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_DAEMON_H_
