// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_COMMAND_LINE_H_
#define KRAIT_DAEMON_COMMANDS_COMMAND_LINE_H_

namespace krait::daemon {

// Parses the command line and runs the command that it names. Returns the exit
// status: 0 ok, 2 the user's mistake, 1 ours.
int RunCommandLine(int argc, char** argv);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_COMMAND_LINE_H_
