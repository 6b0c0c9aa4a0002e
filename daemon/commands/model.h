// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_MODEL_H_
#define KRAIT_DAEMON_COMMANDS_MODEL_H_

#include "daemon/loaded_model.h"

namespace krait::daemon {

struct ModelArguments {
  ModelOptions model;  // list: its default
  bool json = false;
};

// `krait model info M`: what a model is.
int RunModelInfo(const ModelArguments& arguments);
// `krait model list`: all models in krait's folders.
int RunModelList(const ModelArguments& arguments);
// `krait model verify M`: reads and checks everything.
int RunModelVerify(const ModelArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_MODEL_H_
