// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_STDIO_SERVER_H_
#define KRAIT_DAEMON_PROCESS_STDIO_SERVER_H_

#include <vector>

#include "daemon/bridge/bridge.h"
#include "daemon/config/config.h"
#include "daemon/host/completion_host.h"

namespace krait::daemon {

// Serves one editor on standard input and output until it says `exit`, closes
// the input or a signal asks to end. Returns the exit status: 0 after
// `shutdown` and `exit`, else 1.
int ServeStdio(CompletionHost::Loader loader, const Config& config,
               const std::vector<Notice>& notices);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_STDIO_SERVER_H_
