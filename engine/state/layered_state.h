// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_LAYERED_STATE_H_
#define KRAIT_ENGINE_STATE_LAYERED_STATE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/model/hyperparameters.h"
#include "engine/state/kv_cache.h"
#include "engine/state/recurrent_state.h"
#include "engine/state/state.h"

namespace krait::engine {

// The state of a model in a processor's memory: a part for each kind of layers
// that it has. Both parts stand at the same position between calls.
class LayeredState final : public State {
 public:
  explicit LayeredState(const Hyperparameters& hparams);

  std::unique_ptr<State> Clone() const override;
  void CopyFrom(const State& other) override;
  void Reset() override;
  void Restore(size_t position, std::shared_ptr<StateSnapshot> snapshot,
               std::span<const std::shared_ptr<StateBlock>> kv) override;
  bool Rewind(size_t position) override;
  std::shared_ptr<StateSnapshot> snapshot() const override;
  BlockPieces last_block() const override;
  size_t bytes() const override;
  // The state must be settled (Model::Settle).
  std::vector<StateTensor> Export() const override;

  // For the forward pass ------------------------------------------------------

  // Null: the model has no such layers.
  RecurrentState* recurrent() { return recurrent_ ? &*recurrent_ : nullptr; }
  KvCache* kv() { return kv_ ? &*kv_ : nullptr; }

  // Around a prefill of `tokens` tokens: makes room for what the layers record
  // of them, and takes it over.
  void BeginPrefill(size_t tokens);
  void EndPrefill(size_t tokens);
  // The same around one token of a decode. The recurrent part is settled.
  void BeginDecode();
  void EndDecode();

  // Goes on by the first `rows` tokens of a block that begins here, on the
  // grid. A whole one must be settled at once.
  void Append(const BlockPieces& block, size_t rows);
  // The recurrent part's base was brought to its position.
  void EndSettle();

 private:
  void Collect();

  std::vector<LayerKind> layers_;
  std::optional<RecurrentState> recurrent_;
  std::optional<KvCache> kv_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_LAYERED_STATE_H_
