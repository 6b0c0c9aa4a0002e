// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_BRIDGE_BRIDGE_H_
#define KRAIT_DAEMON_BRIDGE_BRIDGE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "lsp/window.h"

namespace krait::daemon {

// A sentence for the user of an editor, once the session has begun.
using Notice = std::pair<lsp::MessageType, std::string>;

// Finds a daemon; blocking.
using ConnectToDaemon = std::function<base::Result<base::FileDescriptor>()>;

// Joins an editor on standard input and output to a daemon, until the editor
// says `exit`, closes the input or a signal asks to end. `daemon` is a greeted
// connection. When it breaks, `connect` finds another and the session goes on
// there; if the daemon ended on purpose, not before the editor asks for
// something. Returns the exit status as ServeStdio does.
int RunBridge(base::FileDescriptor daemon, ConnectToDaemon connect,
              const std::vector<Notice>& notices);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_BRIDGE_BRIDGE_H_
