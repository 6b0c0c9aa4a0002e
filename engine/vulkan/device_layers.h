// SPDX-License-Identifier: Apache-2.0
// The layers of a model as a device runs them: beside engine/layers, which says
// what they compute. Their weights lie in the device's memory as they are in
// the file.
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_LAYERS_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_LAYERS_H_

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <variant>

#include "engine/model/hyperparameters.h"
#include "engine/vulkan/device_batch.h"
#include "engine/vulkan/device_mamba.h"
#include "engine/vulkan/device_weights.h"
#include "engine/vulkan/kernels.h"

namespace krait::engine::vulkan {

// See Attention.
class DeviceAttention {
 public:
  // The `cache_layer`th attention layer of its model.
  DeviceAttention(const AttentionShape& shape, size_t cache_layer,
                  DeviceLayerReader& read);

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Record(const DeviceBatch& batch, Address x, Address y) const;
  // Keys and values are never behind.
  void RecordSettle(const DeviceBatch& /*batch*/) const {}

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

// See ParallelMixer.
class DeviceParallel {
 public:
  DeviceParallel(const Hyperparameters& hparams, size_t state_layer,
                 size_t cache_layer, DeviceLayerReader& read);

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Record(const DeviceBatch& batch, Address x, Address y) const;
  void RecordSettle(const DeviceBatch& batch) const {
    mamba2_.RecordSettle(batch);
  }

 private:
  size_t d_model_;
  float mamba2_scale_;
  float attention_scale_;
  DeviceMamba2 mamba2_;
  DeviceAttention attention_;
};

// What a layer begins with.
class DeviceMixer {
 public:
  // The places that the states of a model's mixers have among those of their
  // kinds, so far.
  struct Places {
    size_t attention_layers = 0;
    size_t recurrent_layers = 0;
  };
  DeviceMixer(MixerKind kind, const Hyperparameters& hparams, Places* places,
              DeviceLayerReader& read);

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Record(const DeviceBatch& batch, Address x, Address y) const;
  // Brings a recurrent layer's part of a state along the log, without most of
  // the weights.
  void RecordSettle(const DeviceBatch& batch) const;

 private:
  using Mixer =
      std::variant<DeviceAttention, DeviceMamba1, DeviceMamba2, DeviceParallel>;
  static Mixer Make(MixerKind kind, const Hyperparameters& hparams,
                    Places* places, DeviceLayerReader& read);

  Mixer mixer_;
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
  struct Output {
    const ExpertMatrices* w;
    Address y;  // [uses, rows]
  };
  Kernels::Grouped Grouped(const DeviceBatch& batch) const;
  // Products of x[uses / uses_per_x, cols] with matrices of one shape, and a
  // barrier.
  void Multiply(const DeviceBatch& batch, std::initializer_list<Output> outputs,
                Address x, size_t uses_per_x) const;

  size_t used_;
  Matrix router_;        // [experts, d_model]
  ExpertMatrices gate_;  // each [d_ff, d_model]
  ExpertMatrices up_;    // likewise
  ExpertMatrices down_;  // each [d_model, d_ff]
  std::optional<DeviceSwiGlu> shared_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_LAYERS_H_
