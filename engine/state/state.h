// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_H_
#define KRAIT_ENGINE_STATE_STATE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace krait::engine {

// A part of a state under the name and in the shape that the reference
// implementations use, for tests and `krait debug logits --state-out`.
struct StateTensor {
  std::string name;           // "layer.0.ssm_state"
  std::vector<size_t> shape;  // row-major, outermost first
  std::vector<float> values;
};

// What a model remembers after a token sequence: for Mamba-2 a convolution
// window and an SSM state per layer, of constant size; for transformers the
// KV cache. Belongs to one thread at a time.
class State {
 public:
  virtual ~State() = default;

  // Returns an independent copy: a fork.
  virtual std::unique_ptr<State> Clone() const = 0;

  // Becomes a copy of `other`, a state of the same model, in the memory that
  // this one has.
  virtual void CopyFrom(const State& other) = 0;

  // Back to the empty sequence.
  virtual void Reset() = 0;

  // Tokens seen since the empty sequence.
  size_t position() const { return position_; }
  // For the forward pass only, after it has fed the tokens.
  void Advance(size_t tokens) { position_ += tokens; }

  // Memory held now.
  virtual size_t bytes() const = 0;

  virtual std::vector<StateTensor> Export() const = 0;

 protected:
  size_t position_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_H_
