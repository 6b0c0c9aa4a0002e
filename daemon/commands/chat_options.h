// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_CHAT_OPTIONS_H_
#define KRAIT_DAEMON_COMMANDS_CHAT_OPTIONS_H_

#include <CLI/CLI.hpp>

#include "daemon/commands/chat.h"

namespace krait::daemon {

// The options of `krait chat`, but for its model. The arguments must outlive
// `app`.
void AddChatOptions(CLI::App* app, ChatArguments* arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_CHAT_OPTIONS_H_
