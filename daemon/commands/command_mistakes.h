// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_COMMAND_MISTAKES_H_
#define KRAIT_DAEMON_COMMANDS_COMMAND_MISTAKES_H_

#include <CLI/CLI.hpp>
#include <string>

namespace krait::daemon {

// Returns a sentence about what is wrong with a command line that `app` did
// not take, and what was probably meant.
std::string ExplainMistake(const CLI::App& app, const CLI::ParseError& error);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_COMMAND_MISTAKES_H_
