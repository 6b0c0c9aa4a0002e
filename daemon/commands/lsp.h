// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_LSP_H_
#define KRAIT_DAEMON_COMMANDS_LSP_H_

#include "daemon/completion/completion_service.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait lsp`: a language server on standard input and output.
struct LspArguments {
  ModelOptions model;
  CompletionOptions completion;
};

int RunLsp(const LspArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_LSP_H_
