// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_LSP_H_
#define KRAIT_DAEMON_COMMANDS_LSP_H_

#include <filesystem>

#include "daemon/config/config.h"

namespace krait::daemon {

// `krait lsp`: a language server on standard input and output, with the model
// in the daemon that all editors share.
struct LspArguments {
  std::filesystem::path config_file;  // empty: the user's
  LoadedConfig loaded;                // with the command line's options over it
  bool no_daemon = false;             // the model in this process
};

int RunLsp(const LspArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_LSP_H_
