// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/lsp.h"

#include "daemon/server/model_generator.h"
#include "daemon/server/stdio_server.h"

namespace krait::daemon {

int RunLsp(const LspArguments& arguments) {
  return ServeStdio([model = arguments.model] { return LoadGenerator(model); },
                    arguments.completion);
}

}  // namespace krait::daemon
