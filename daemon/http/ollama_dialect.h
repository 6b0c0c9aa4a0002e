// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_OLLAMA_DIALECT_H_
#define KRAIT_DAEMON_HTTP_OLLAMA_DIALECT_H_

#include "daemon/http/dialect.h"

namespace krait::daemon {

// What Ollama's server speaks, the widest local dialect: answers in lines of
// JSON, one by one unless the client wants them whole.
extern const Dialect kOllamaDialect;

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_OLLAMA_DIALECT_H_
