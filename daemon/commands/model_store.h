// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_MODEL_STORE_H_
#define KRAIT_DAEMON_COMMANDS_MODEL_STORE_H_

#include <string>

namespace krait::daemon {

struct ModelAddArguments {
  std::string path;
  std::string name;  // empty: the file's
  bool force = false;
};

// `krait model add PATH`: a link in krait's folder of models.
int RunModelAdd(const ModelAddArguments& arguments);

struct ModelRemoveArguments {
  std::string model;
};

// `krait model remove M`: deletes what is krait's or in the hub's cache; other
// programs' models stay, as does what a link leads to.
int RunModelRemove(const ModelRemoveArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_MODEL_STORE_H_
