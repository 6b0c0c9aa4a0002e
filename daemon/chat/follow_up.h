// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_FOLLOW_UP_H_
#define KRAIT_DAEMON_CHAT_FOLLOW_UP_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/chat/excerpts.h"
#include "daemon/completion/generator/vocabulary.h"

namespace krait::daemon {

// A question about a repository that may go on with a conversation: "and where
// is it called?" `earlier` is what was said before, the oldest first.

// Returns what to look for: the question and, if it alone finds nothing, the
// one before with it, of which the first 2000 bytes count.
std::vector<std::string> FollowUpQueries(
    std::span<const completion::ChatTurn> earlier, std::string_view question);

// Returns the last of the turns, from a question on, that have `most_tokens` at
// most. What they have is taken off `tokens_left`, down to 0.
std::vector<completion::ChatTurn> LastTurns(
    std::span<const completion::ChatTurn> earlier,
    const TextTokenCounter& count_tokens, size_t most_tokens,
    size_t* tokens_left);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_FOLLOW_UP_H_
