// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_RECURRENT_STATE_H_
#define KRAIT_ENGINE_STATE_RECURRENT_STATE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// The state of a Mamba-2 model: per layer the last conv_width - 1 inputs of the
// convolution and the SSM state, in float32. Constant size; a fork is one
// memory copy.
class RecurrentState final : public State {
 public:
  RecurrentState(const Mamba2Shape& shape, size_t layers);

  std::unique_ptr<State> Clone() const override;
  void CopyFrom(const State& other) override;
  void Reset() override;
  size_t bytes() const override { return values_.bytes(); }
  std::vector<StateTensor> Export() const override;

  // [conv_width - 1, conv_dim], oldest first; conv_dim in order x, B, C.
  float* conv_window(size_t layer) {
    return values_.data() + layer * layer_size();
  }
  // [heads, state, head_dim]
  float* ssm(size_t layer) { return conv_window(layer) + conv_size_; }

 private:
  size_t layer_size() const { return conv_size_ + ssm_size_; }

  Mamba2Shape shape_;
  size_t layers_;
  size_t conv_size_;  // floats of one layer's window, rounded up to 64 bytes
  size_t ssm_size_;
  AlignedArray<float> values_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_RECURRENT_STATE_H_
