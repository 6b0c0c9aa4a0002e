// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_PEER_PROMPT_H_
#define KRAIT_DAEMON_TOOLS_BENCH_PEER_PROMPT_H_

#include <string>

#include "base/result.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::daemon {

// Returns a prompt to fill in with the suffix first, as the model was trained
// and as its vocabulary writes control tokens, with {prefix} and {suffix} where
// the texts go: a client that lays out prompts itself would send this, since
// what is typed only adds to its end. The begin-of-text token is left out,
// which servers add. An error names the token that the model lacks.
base::Result<std::string> SuffixFirstPrompt(const engine::Tokenizer& tokenizer);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_PEER_PROMPT_H_
