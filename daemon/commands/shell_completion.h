// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_SHELL_COMPLETION_H_
#define KRAIT_DAEMON_COMMANDS_SHELL_COMPLETION_H_

#include <CLI/CLI.hpp>
#include <string>

namespace krait::daemon {

// Return a script by which a shell completes the command line of `app`: all of
// its commands and options that are not hidden, and files elsewhere.
std::string BashCompletion(const CLI::App& app);
std::string ZshCompletion(const CLI::App& app);
std::string FishCompletion(const CLI::App& app);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_SHELL_COMPLETION_H_
