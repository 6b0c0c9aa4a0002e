// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_OPENAI_DIALECT_H_
#define KRAIT_DAEMON_HTTP_OPENAI_DIALECT_H_

#include "daemon/http/dialect.h"

namespace krait::daemon {

// What OpenAI's API speaks: completions, with a suffix too, conversations and
// models. Mistral's clients chat by the same path.
extern const Dialect kOpenAiDialect;

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_OPENAI_DIALECT_H_
