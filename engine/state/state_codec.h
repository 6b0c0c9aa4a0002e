// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_CODEC_H_
#define KRAIT_ENGINE_STATE_STATE_CODEC_H_

#include <cstddef>
#include <memory>
#include <span>

#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// Makes pieces of a model's states from values that were written down before
// (see StateFile). It knows the model's shapes and nothing else of it.
// Immutable and thread-safe.
class StateCodec {
 public:
  explicit StateCodec(const Hyperparameters& hparams);

  // Tokens of a state are less than this.
  size_t vocab() const { return hparams_.vocab; }

  // Null if the number of values is not this model's. The snapshot refers to
  // `values`, which `keeper` keeps alive.
  std::shared_ptr<const StateSnapshot> MakeSnapshot(
      std::span<const float> values, std::shared_ptr<const void> keeper) const;
  // Takes values as StateBlock::AppendRows gave them; copies them. Null if
  // they are not as many as this model has in `rows` rows.
  std::shared_ptr<const StateBlock> MakeBlock(std::span<const float> values,
                                              size_t rows) const;

 private:
  Hyperparameters hparams_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_CODEC_H_
