// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_DAEMON_SERVER_H_
#define KRAIT_DAEMON_PROCESS_DAEMON_SERVER_H_

#include <string>

#include "daemon/config/config.h"
#include "daemon/host/completion_host.h"
#include "daemon/process/daemon_endpoint.h"

namespace krait::daemon {

struct DaemonOptions {
  Config config;
  std::string model;  // the path of the model that the loader loads
};

// Serves the editors and control connections of one user until it is told to
// stop, by a signal or a request, or nobody has been connected for a while.
// Returns the exit status.
int ServeDaemon(DaemonEndpoint endpoint, CompletionHost::Loader loader,
                DaemonOptions options);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_DAEMON_SERVER_H_
