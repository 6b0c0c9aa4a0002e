// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_SETUP_H_
#define KRAIT_DAEMON_COMMANDS_SETUP_H_

#include <string>

#include "daemon/loaded_model.h"

namespace krait::daemon {

struct SetupArguments {
  std::string model;     // empty: ask
  bool yes = false;      // do not ask
  ModelOptions current;  // what is the default now
};

// `krait setup`: asks which model, fetches it, checks it, makes it the default
// and completes a line with it. Nothing is fetched before the answer.
int RunSetup(const SetupArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_SETUP_H_
