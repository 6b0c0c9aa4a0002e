// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_BRIDGE_PROTOCOL_H_
#define KRAIT_DAEMON_SERVER_BRIDGE_PROTOCOL_H_

#include <string_view>

namespace krait::daemon {

// What a connection is for (see greeting.h).
inline constexpr std::string_view kPurposeEditor = "lsp";
inline constexpr std::string_view kPurposeControl = "control";

// The daemon's last message to a bridge when it ends on purpose: not to be
// started again before the editor asks for something. Not for the editor.
inline constexpr std::string_view kGoodbyeMethod = "krait/goodbye";

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_BRIDGE_PROTOCOL_H_
