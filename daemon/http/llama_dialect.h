// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_LLAMA_DIALECT_H_
#define KRAIT_DAEMON_HTTP_LLAMA_DIALECT_H_

#include "daemon/http/dialect.h"

namespace krait::daemon {

// What llama.cpp's server speaks, for llama.vim, llama.vscode and Continue:
// /infill, /completion, /tokenize and what is around them. Not taken: id_slot,
// cache_prompt, samplers, lora, and what is not listed in docs/http.md.
extern const Dialect kLlamaDialect;

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_LLAMA_DIALECT_H_
