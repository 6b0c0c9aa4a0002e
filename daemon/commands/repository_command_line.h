// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_REPOSITORY_COMMAND_LINE_H_
#define KRAIT_DAEMON_COMMANDS_REPOSITORY_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "daemon/commands/ask.h"
#include "daemon/commands/index.h"
#include "daemon/commands/search.h"

namespace krait::daemon {

// The options of `krait index`, `search` and `ask`, bound to their arguments,
// which live as long as this object.
class RepositoryCommandLine {
 public:
  // What the command line as a whole does for it.
  struct Hooks {
    std::function<void(std::function<int()>)> run;  // once all is parsed
    // Lets the user's file say what may not be read.
    std::function<void(CLI::App*, completion::CompletionRules*)> add_user_rules;
    // And which model to take.
    std::function<void(CLI::App*, ModelOptions*, completion::CompletionRules*)>
        add_user_model;
  };

  void AddTo(CLI::App* app, const Hooks& hooks);

 private:
  void AddIndex(CLI::App* app, const Hooks& hooks);
  void AddSearch(CLI::App* app, const Hooks& hooks);

  void AddAsk(CLI::App* app, const Hooks& hooks);

  IndexArguments index_;
  SearchArguments search_;
  AskArguments ask_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_REPOSITORY_COMMAND_LINE_H_
