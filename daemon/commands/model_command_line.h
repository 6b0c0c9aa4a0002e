// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_MODEL_COMMAND_LINE_H_
#define KRAIT_DAEMON_COMMANDS_MODEL_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "daemon/commands/model.h"
#include "daemon/commands/model_get.h"
#include "daemon/commands/model_list.h"
#include "daemon/commands/model_quantize.h"
#include "daemon/commands/model_store.h"
#include "daemon/commands/setup.h"

namespace krait::daemon {

// The options of `krait model ...` and `krait setup`, bound to their arguments,
// which live as long as this object.
class ModelCommandLine {
 public:
  // What the command line as a whole does for it.
  struct Hooks {
    std::function<void(std::function<int()>)> run;  // once all is parsed
    // Lets the user's file say the model, if no option does.
    std::function<void(CLI::App*, ModelOptions*)> add_user_model;
  };

  void AddTo(CLI::App* app, const Hooks& hooks);

 private:
  void AddShowing(CLI::App* group, const Hooks& hooks);
  void AddGet(CLI::App* group, const Hooks& hooks);
  void AddStore(CLI::App* group, const Hooks& hooks);
  void AddSetup(CLI::App* app, const Hooks& hooks);

  ModelArguments model_;
  ModelListArguments list_;
  ModelGetArguments get_;
  ModelAddArguments add_;
  ModelRemoveArguments remove_;
  QuantizeArguments quantize_;
  SetupArguments setup_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_MODEL_COMMAND_LINE_H_
