// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_KV_CACHE_H_
#define KRAIT_ENGINE_STATE_KV_CACHE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// The state of a transformer: keys (after RoPE) and values of all positions
// seen, in float32; grows with the sequence.
class KvCache final : public State {
 public:
  KvCache(const LlamaShape& shape, size_t layers);

  std::unique_ptr<State> Clone() const override;
  void CopyFrom(const State& other) override;
  void Reset() override;
  size_t bytes() const override;
  std::vector<StateTensor> Export() const override;

  // Makes room for `tokens` more positions.
  void Reserve(size_t tokens);

  // [position, kv_heads * head_dim], valid until the next Reserve.
  float* keys(size_t layer) { return keys_[layer].data(); }
  float* values(size_t layer) { return values_[layer].data(); }

 private:
  size_t kv_heads_;
  size_t head_dim_;
  std::vector<std::vector<float>> keys_;    // [layers][position, kv_dim]
  std::vector<std::vector<float>> values_;  // likewise
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_KV_CACHE_H_
