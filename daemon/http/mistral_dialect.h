// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_MISTRAL_DIALECT_H_
#define KRAIT_DAEMON_HTTP_MISTRAL_DIALECT_H_

#include "daemon/http/dialect.h"

namespace krait::daemon {

// What Mistral's API has beyond OpenAI's: filling in, as clients of Codestral
// ask for it.
extern const Dialect kMistralDialect;

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_MISTRAL_DIALECT_H_
