// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_STOP_REPETITION_H_
#define KRAIT_DAEMON_COMPLETION_STOP_REPETITION_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/completion/generator/piece.h"

namespace krait::completion {

// Small models fall into loops: the same n-gram of tokens over and over.
// Returns how many tokens to keep (the loop's first round) once `tokens` end
// with an n-gram repeated so often that chance does not explain it: 6 rounds
// of one token, 5 of two, 4 of up to four, 3 of up to sixteen.
std::optional<size_t> FindRepetition(std::span<const PieceId> tokens);

// Loops also come as lines that repeat at growing indentation. Returns how many
// bytes to keep once the last whole line of `text` (after its last newline but
// one) says the same as a line before it, blanks aside; short lines such as a
// closing bracket may well come twice.
std::optional<size_t> FindRepeatedLine(std::string_view text);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_STOP_REPETITION_H_
