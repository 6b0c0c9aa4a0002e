// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_sizes.h"

#include "engine/state/recurrent_layout.h"

namespace krait::engine {

StateSizes StateSizesOf(const Hyperparameters& hparams) {
  StateSizes sizes;
  if (hparams.IsRecurrent()) {
    sizes.snapshot_bytes =
        RecurrentLayoutOf(hparams).snapshot_size() * sizeof(float);
  }
  const AttentionShape& attention = hparams.attention;
  sizes.kv_bytes = hparams.CountLayers(MixerKind::kAttention) * 2 *
                   attention.kv_heads * attention.head_dim * sizeof(float);
  return sizes;
}

}  // namespace krait::engine
