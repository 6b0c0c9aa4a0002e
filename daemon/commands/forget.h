// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_FORGET_H_
#define KRAIT_DAEMON_COMMANDS_FORGET_H_

#include <filesystem>
#include <string>

#include "daemon/config/config.h"

namespace krait::daemon {

struct ForgetArguments {
  std::string directory = ".";
  bool all = false;
  bool json = false;
  std::filesystem::path config_file;
  LoadedConfig loaded;
};

// `krait forget`: deletes what krait keeps on the disk of the files below a
// directory, or everything: saved states, statistics, remembered fingerprints
// of models and logs. A daemon that runs lets go of its states in memory, too.
// Settings and models stay.
int RunForget(const ForgetArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_FORGET_H_
