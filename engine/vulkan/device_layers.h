// SPDX-License-Identifier: Apache-2.0
// The layers of a model as a device runs them: beside engine/layers, which says
// what they compute. Their weights lie in the device's memory as they are in
// the file.
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_LAYERS_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_LAYERS_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/layers/linear.h"  // Pass
#include "engine/model/hyperparameters.h"
#include "engine/vulkan/device_scratch.h"
#include "engine/vulkan/device_weights.h"
#include "engine/vulkan/kernels.h"

namespace krait::engine::vulkan {

// What one call works on, for all layers: see Batch. Records; a layer ends with
// a barrier, so that what comes after sees what it wrote.
struct DeviceBatch {
  void Multiply(const Matrix& w, Address x, Address y) const {
    if (pass == Pass::kDecode) {
      kernels.MatVec(commands, w, x, tokens, y, w.rows);
    } else {
      kernels.MatMul(commands, w, x, tokens, y, w.rows);
    }
  }

  Pass pass;
  size_t tokens;
  const Kernels& kernels;
  Commands& commands;
  const DeviceScratch& buffers;
  Address rows;    // DeviceRow[tokens], of keys and values
  Address angles;  // [tokens, 2 (cos, sin), rope_dim / 2]
  // Of recurrent layers.
  Address sequences = 0;  // DeviceSequence[num_sequences]
  size_t num_sequences = 0;
  Address log_rows = 0;  // DeviceRow[tokens], of the log; 0: not recorded
};

// See Attention.
class DeviceAttention {
 public:
  // The `cache_layer`th attention layer of its model.
  DeviceAttention(const AttentionShape& shape, size_t cache_layer,
                  DeviceLayerReader& read);

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Record(const DeviceBatch& batch, Address x, Address y) const;

 private:
  void Place(const DeviceBatch& batch) const;

  AttentionShape shape_;  // with its scale
  size_t page_offset_;    // of the layer's keys; the values follow
  Matrix wq_;             // [heads * head_dim, d_model]
  Matrix wk_;             // [kv_heads * head_dim, d_model]
  Matrix wv_;             // [kv_heads * head_dim, d_model]
  Matrix wo_;             // [d_model, heads * head_dim]
  Address bq_ = 0;        // 0: none
  Address bk_ = 0;
  Address bv_ = 0;
};

// See Mamba2Mixer. The recurrence goes token by token.
class DeviceMamba2 {
 public:
  // The `state_layer`th recurrent layer of its model.
  DeviceMamba2(const Hyperparameters& hparams, size_t state_layer,
               DeviceLayerReader& read);

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Record(const DeviceBatch& batch, Address x, Address y) const;

  // Brings the layer's part of a state along the log, without the weights.
  void RecordSettle(const DeviceBatch& batch) const;

 private:
  Mamba2Call CallOf(const DeviceBatch& batch) const;
  void CopyLogRows(const DeviceBatch& batch, bool to_log) const;
  void Scan(const DeviceBatch& batch, const Mamba2Call& call) const;

  Mamba2Shape shape_;
  float norm_eps_;
  size_t row_size_;  // of a token in the log
  size_t state_layer_;
  size_t window_offset_;  // in a state, in floats
  size_t ssm_offset_;
  Matrix in_proj_;         // [in_proj_rows, d_model]: z, x, B, C, dt
  Address conv_weight_;    // [conv_width, conv_dim]
  Address conv_bias_;      // [conv_dim]
  Address dt_bias_;        // [heads]
  Address a_;              // [heads], -exp(A_log)
  Address d_;              // [heads]
  Address gate_norm_ = 0;  // [d_inner], or none
  Matrix out_proj_;        // [d_model, d_inner]
};

// See SwiGlu.
class DeviceSwiGlu {
 public:
  DeviceSwiGlu(const Hyperparameters& hparams, DeviceLayerReader& read);
  // The expert that all tokens use.
  static DeviceSwiGlu Shared(DeviceLayerReader& read);

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Record(const DeviceBatch& batch, Address x, Address y) const;

 private:
  DeviceSwiGlu(DeviceLayerReader& read, std::string_view suffix);

  Matrix gate_;  // [d_ff, d_model]
  Matrix up_;    // [d_ff, d_model]
  Matrix down_;  // [d_model, d_ff]
  float gate_scale_ = 1;
  float output_scale_ = 1;
};

// See Experts. Which ones a token uses is chosen on the device.
class DeviceExperts {
 public:
  DeviceExperts(const ExpertsShape& shape, DeviceLayerReader& read);

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Record(const DeviceBatch& batch, Address x, Address y) const;

  // Of the experts that a token does not use.
  size_t unused_bytes() const;

 private:
  size_t used_;
  Matrix router_;        // [experts, d_model]
  ExpertMatrices gate_;  // each [d_ff, d_model]
  ExpertMatrices up_;    // likewise
  ExpertMatrices down_;  // each [d_model, d_ff]
  std::optional<DeviceSwiGlu> shared_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_LAYERS_H_
