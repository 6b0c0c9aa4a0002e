// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_SERVE_H_
#define KRAIT_DAEMON_COMMANDS_SERVE_H_

#include <filesystem>
#include <string>

#include "daemon/config/config.h"

namespace krait::daemon {

// `krait serve`: lets the daemon listen for HTTP until this is stopped. Joins
// the daemon that runs, or starts one.
struct ServeArguments {
  std::filesystem::path config_file;  // empty: the user's
  LoadedConfig loaded;                // with the command line's options over it
  std::string listen;                 // empty: as configured, or the usual port
};

int RunServe(const ServeArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_SERVE_H_
