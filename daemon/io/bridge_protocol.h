// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_IO_BRIDGE_PROTOCOL_H_
#define KRAIT_DAEMON_IO_BRIDGE_PROTOCOL_H_

#include <string_view>

namespace krait::daemon {

// What a connection is for (see greeting.h).
inline constexpr std::string_view kPurposeEditor = "lsp";
inline constexpr std::string_view kPurposeControl = "control";
// As control, of the same version and model as an editor's: listens for HTTP as
// long as it lasts.
inline constexpr std::string_view kPurposeServe = "serve";

// The daemon's last message to a bridge when it ends on purpose: not to be
// started again before the editor asks for something. Not for the editor.
inline constexpr std::string_view kGoodbyeMethod = "krait/goodbye";

// A bridge's message to a daemon that takes over: the editor's last answer to
// workspace/configuration, as it was. So the settings are in force before the
// new daemon's own question is answered.
inline constexpr std::string_view kKeptSettingsMethod = "krait/keptSettings";

// A bridge's message to its daemon about a document whose text the bridge has
// lost, or could not pass on (lsp::LostDocumentParams).
inline constexpr std::string_view kLostDocumentMethod = "krait/lostDocument";

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_IO_BRIDGE_PROTOCOL_H_
