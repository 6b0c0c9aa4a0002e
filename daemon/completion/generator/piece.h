// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_PIECE_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_PIECE_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace krait::completion {

// Stands for a token in its generator's vocabulary: two pieces of one generator
// with the same id are the same token. Nothing else is known of it.
using PieceId = uint32_t;

// A token that may have come, as a generator would have said it.
struct LikelyPiece {
  PieceId id = 0;
  std::string_view bytes;  // of a control token: its name
  float logprob = 0;       // the natural log of its probability
};

// A token, as a generator says it.
struct Piece {
  PieceId id = 0;
  std::string_view bytes;  // may be a part of a UTF-8 sequence
  float logprob = 0;       // the natural log of its probability
  // The likeliest at this place, best first, if the request wants them; valid
  // while the piece is handed over.
  std::span<const LikelyPiece> likeliest = {};
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_PIECE_H_
