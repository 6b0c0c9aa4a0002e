// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_RESUME_POINT_H_
#define KRAIT_ENGINE_STATE_RESUME_POINT_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// What a model's layers need to resume a sequence in the middle.
struct StateNeeds {
  explicit StateNeeds(const Hyperparameters& hparams);

  // Whether a block has all that resuming in it takes.
  bool MetBy(const BlockPieces& block) const {
    return (!snapshot || block.log != nullptr) && (!kv || block.kv != nullptr);
  }

  // Recurrent layers: a snapshot, which stands for all tokens before it, and
  // the log of those after it.
  bool snapshot = false;
  // Attention: the keys and values of all tokens before, or of those that a
  // sliding window sees.
  bool kv = false;
  size_t window = 0;  // 0: none
};

// How to get to a state that is known: restore, then replay.
struct ResumePoint {
  size_t position = 0;  // of the snapshot, on the grid
  std::shared_ptr<StateSnapshot> snapshot = {};
  // What attention keeps of the tokens before `position`, a block each; null
  // where a sliding window has passed. None without attention.
  std::vector<std::shared_ptr<StateBlock>> kv_before = {};
  // Whole ones, from `position` on; empty where a sliding window has passed.
  std::vector<BlockPieces> blocks = {};
  BlockPieces tail = {};
  size_t tail_rows = 0;

  // Tokens that need no computing.
  size_t end() const {
    return position + blocks.size() * kBlockTokens + tail_rows;
  }
  // Of all pieces.
  size_t bytes() const;
  // Whether it has each block of its tokens.
  bool whole() const;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_RESUME_POINT_H_
