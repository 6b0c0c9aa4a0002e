// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_DAEMON_START_H_
#define KRAIT_DAEMON_PROCESS_DAEMON_START_H_

#include <filesystem>
#include <string>

#include "base/result.h"
#include "daemon/io/bridge_protocol.h"
#include "daemon/loaded_model.h"
#include "daemon/process/daemon_client.h"
#include "daemon/remote/settings.h"

namespace krait::daemon {

// The daemon that an editor's bridge wants.
struct WantedDaemon {
  ModelOptions model;                 // its model is a path (FindModelPath)
  std::filesystem::path config_file;  // empty: the user's
  // What is elsewhere is asked with variables of the starter's environment.
  remote::RemoteSettings remote = {};
  std::string settings;  // of the session, see Greeting
  std::string purpose = std::string(kPurposeEditor);
};

// Connects to the user's daemon, and starts one first if none runs. An older
// one is told to drain and replaced. Blocks, up to some ten seconds. Fails if
// that cannot be, or if the daemon that runs has another model or is newer;
// the message is a sentence that says which.
base::Result<GreetedSocket> ConnectOrStart(const WantedDaemon& wish);

// Where a daemon that was started in the background writes its log; empty if
// no file can be written there.
std::filesystem::path DaemonLogFile();

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_DAEMON_START_H_
