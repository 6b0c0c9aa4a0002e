// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_TERMINAL_TEXT_H_
#define KRAIT_DAEMON_CHAT_TERMINAL_TEXT_H_

#include <string>
#include <string_view>

namespace krait::daemon {

// Returns a model's text as it may be written to a terminal: control characters
// but tabs and line feeds, which could begin a sequence that the terminal
// obeys, become U+FFFD. `text` is UTF-8.
std::string TerminalText(std::string_view text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_TERMINAL_TEXT_H_
