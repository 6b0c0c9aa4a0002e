// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_MODEL_H_
#define KRAIT_DAEMON_COMMANDS_MODEL_H_

#include <string>

namespace krait::daemon {

struct ModelArguments {
  std::string model;  // empty: the default; not used by list
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
