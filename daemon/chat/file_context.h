// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_FILE_CONTEXT_H_
#define KRAIT_DAEMON_CHAT_FILE_CONTEXT_H_

#include <string>
#include <string_view>

namespace krait::daemon {

// Returns a file as a chat model is shown it: its name, and its text between
// fences of backquotes (longer ones than the text has) with the name of its
// language; an empty line at the end.
std::string FileContext(const std::string& name, std::string_view text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_FILE_CONTEXT_H_
