// SPDX-License-Identifier: Apache-2.0
#include "engine/state/layered_state.h"

namespace krait::engine {

LayeredState::LayeredState(const Hyperparameters& hparams)
    : StateOfKinds(hparams) {
  if (hparams.IsRecurrent()) {
    recurrent_.emplace(RecurrentLayoutOf(hparams));
  }
  if (hparams.Has(MixerKind::kAttention)) {
    kv_.emplace(hparams.attention, hparams.CountLayers(MixerKind::kAttention));
  }
}

void LayeredState::BeginPrefill(size_t tokens) {
  if (kv_) kv_->Extend(tokens);
  if (!recurrent_) return;
  recurrent_->Extend(tokens);
  recurrent_->MakeBase();
  if (recurrent_->BaseAfter(tokens) > recurrent_->base_position()) {
    recurrent_->MakeBaseMutable();
  }
}

void LayeredState::EndPrefill(size_t tokens) {
  if (kv_) kv_->Advance(tokens);
  if (recurrent_) recurrent_->Advance(tokens, recurrent_->BaseAfter(tokens));
  position_ += tokens;
  Collect();
}

void LayeredState::BeginDecode(size_t tokens) {
  if (kv_) kv_->Extend(tokens);
  if (!recurrent_) return;
  if (tokens > 1) {
    recurrent_->Extend(tokens);
    recurrent_->MakeBase();
  } else {
    recurrent_->MakeBaseMutable();
  }
}

void LayeredState::EndDecode(size_t tokens) {
  if (tokens > 1) {
    if (kv_) kv_->AdvanceDraft(tokens);
    if (recurrent_) recurrent_->AdvanceDraft(tokens);
  } else {
    if (kv_) kv_->Advance(1);
    if (recurrent_) recurrent_->Advance(1, recurrent_->position() + 1);
  }
  position_ += tokens;
  Collect();
}

}  // namespace krait::engine
