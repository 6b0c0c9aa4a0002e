// SPDX-License-Identifier: Apache-2.0
#include "engine/state/resume_point.h"

#include <algorithm>

namespace krait::engine {

StateNeeds::StateNeeds(const Hyperparameters& hparams)
    : snapshot(hparams.IsRecurrent()),
      kv(hparams.Has(MixerKind::kAttention)),
      window(kv ? hparams.attention.sliding_window : 0) {}

size_t ResumePoint::bytes() const {
  size_t bytes = snapshot == nullptr ? 0 : snapshot->bytes();
  for (const auto& block : kv_before) {
    if (block != nullptr) bytes += block->bytes();
  }
  for (const BlockPieces& block : blocks) bytes += block.bytes();
  return bytes + tail.bytes();
}

bool ResumePoint::whole() const {
  // The window sees the last block.
  const auto like_the_last = [this](const BlockPieces& block) {
    return (block.log == nullptr) == (blocks.back().log == nullptr) &&
           (block.kv == nullptr) == (blocks.back().kv == nullptr);
  };
  return std::ranges::count(kv_before, nullptr) == 0 &&
         std::ranges::all_of(blocks, like_the_last);
}

}  // namespace krait::engine
