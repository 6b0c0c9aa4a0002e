// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_CODEC_H_
#define KRAIT_ENGINE_STATE_STATE_CODEC_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// Appends the values of the first `rows` rows of a block: what recurrent layers
// keep, then what attention keeps.
void AppendRows(const BlockPieces& block, size_t rows,
                std::vector<float>* values);

// Makes pieces of a model's states from values that were written down before
// (see StateFile). It knows the model's shapes and nothing else of it.
// Immutable and thread-safe.
class StateCodec {
 public:
  explicit StateCodec(const Hyperparameters& hparams);

  // Tokens of a state are less than this.
  size_t vocab() const { return hparams_.vocab; }

  // Values of one position that AppendRows gives, and that a KV block has.
  size_t row_floats() const { return log_floats_ + kv_floats_; }
  size_t kv_floats() const { return kv_floats_; }
  size_t log_floats() const { return log_floats_; }
  size_t snapshot_floats() const { return snapshot_floats_; }

  // Null if the number of values is not this model's. The snapshot refers to
  // `values`, which `keeper` keeps alive.
  std::shared_ptr<StateSnapshot> MakeSnapshot(
      std::span<float> values, std::shared_ptr<const void> keeper) const;
  // Takes values as AppendRows gave them, of at most kBlockTokens rows; copies
  // them. Nothing if they are not as many as this model has.
  std::optional<BlockPieces> MakeBlock(std::span<const float> values,
                                       size_t rows) const;
  // The same of what recurrent layers or attention keep, alone.
  std::shared_ptr<StateBlock> MakeLogBlock(std::span<const float> values,
                                           size_t rows) const;
  std::shared_ptr<StateBlock> MakeKvBlock(std::span<const float> values,
                                          size_t rows) const;

 private:
  Hyperparameters hparams_;
  size_t snapshot_floats_ = 0;
  size_t log_floats_ = 0;
  size_t kv_floats_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_CODEC_H_
