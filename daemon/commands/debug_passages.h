// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_DEBUG_PASSAGES_H_
#define KRAIT_DAEMON_COMMANDS_DEBUG_PASSAGES_H_

#include <string>

namespace krait::daemon {

// `krait debug passages`: the passages of a folder as the index has them, but
// without the comments of functions, a JSON object a line: path, name,
// container, function, text and, where there was one, comment. What an
// embedding is learned from (models/embed).
struct DebugPassagesArguments {
  std::string directory;
};

int RunDebugPassages(const DebugPassagesArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_DEBUG_PASSAGES_H_
