// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_CONFIG_H_
#define KRAIT_DAEMON_COMMANDS_CONFIG_H_

#include <filesystem>
#include <string>
#include <vector>

#include "daemon/config/config.h"

namespace krait::daemon {

struct ConfigArguments {
  std::filesystem::path config_file;  // empty: the user's
  LoadedConfig loaded;                // with the command line's options over it
  std::vector<std::string> options;   // the long names of those: "max-tokens"
  bool json = false;
};

// Prints every setting, its value and where that is from.
int RunConfig(const ConfigArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_CONFIG_H_
