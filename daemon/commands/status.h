// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_STATUS_H_
#define KRAIT_DAEMON_COMMANDS_STATUS_H_

namespace krait::daemon {

// `krait status`: what the daemon of this user is and does.
struct StatusArguments {
  bool json = false;
  bool watch = false;  // again every second, until interrupted
  bool stats = false;  // only what became of the suggestions
  bool token = false;  // only the token for HTTP, made if there is none
};

// Returns 1 if no daemon runs; the statistics are there without one, too.
int RunStatus(const StatusArguments& arguments);

// `krait stop`: ends it. No daemon is as well.
struct StopArguments {};

int RunStop(const StopArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_STATUS_H_
