// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_MODEL_LIST_H_
#define KRAIT_DAEMON_COMMANDS_MODEL_LIST_H_

#include "daemon/loaded_model.h"

namespace krait::daemon {

struct ModelListArguments {
  ModelOptions model;   // which is the default
  bool remote = false;  // those that can be fetched
  bool json = false;
};

// `krait model list`: all models on this machine, or those worth getting, and
// whether they suit it.
int RunModelList(const ModelListArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_MODEL_LIST_H_
