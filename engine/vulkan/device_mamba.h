// SPDX-License-Identifier: Apache-2.0
// The recurrent mixers as a device runs them: so that how tokens were cut into
// calls cannot show.
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_MAMBA_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_MAMBA_H_

#include <cstddef>

#include "engine/layers/mamba_weights.h"
#include "engine/model/hyperparameters.h"
#include "engine/vulkan/device_batch.h"
#include "engine/vulkan/device_weights.h"
#include "engine/vulkan/kernels.h"

namespace krait::engine::vulkan {

// Where a recurrent layer's part of a state and of a log is, in floats.
struct RecurrentPlace {
  // The `state_layer`th recurrent layer of its model.
  RecurrentPlace(const Hyperparameters& hparams, size_t state_layer);

  size_t row_size;       // of a token in the log
  size_t page_offset;    // of the layer's rows in a page
  size_t window_offset;  // in a state
  size_t ssm_offset;
};

// See Mamba1Mixer. Goes token by token: its state decays by channel and
// element, so that there is no product of matrices that it could be.
class DeviceMamba1 {
 public:
  // The `state_layer`th recurrent layer of its model.
  DeviceMamba1(const Hyperparameters& hparams, size_t state_layer,
               DeviceLayerReader& read);

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Record(const DeviceBatch& batch, Address x, Address y) const;

  // Brings the layer's part of a state along the log, with dt_proj alone.
  void RecordSettle(const DeviceBatch& batch) const;

 private:
  void CopyInputs(const DeviceBatch& batch, bool to_log) const;
  void CopySelected(const DeviceBatch& batch, bool to_log) const;
  void Convolution(const DeviceBatch& batch) const;
  void Scan(const DeviceBatch& batch) const;

  Mamba1Shape shape_;
  size_t selected_stride_;  // of what x_proj gives
  RecurrentPlace place_;
  Mamba1Weights<DeviceLayerReader> weights_;
};

// See Mamba2Mixer. A decode goes token by token; what is recorded goes in
// chunks of the grid, from the last snapshot on, with the tokens since before
// the new ones: their inputs come from the log.
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
  Address Inputs(const DeviceBatch& batch, size_t row) const;
  void Project(const DeviceBatch& batch, Address x) const;
  void FromLog(const DeviceBatch& batch, size_t rows) const;
  void ToLog(const DeviceBatch& batch) const;
  Kernels::LogRows LogRows(const DeviceBatch& batch, size_t row,
                           bool to_log) const;
  Convolve Convolution(const DeviceBatch& batch) const;
  void ScanTokens(const DeviceBatch& batch) const;
  void ScanInChunks(const DeviceBatch& batch, size_t rows, Address y) const;

  Mamba2Shape shape_;
  float norm_eps_;
  RecurrentPlace place_;
  Mamba2Weights<DeviceLayerReader> weights_;
  Address input_scales_ = 0;  // [in_proj_rows], or none
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_MAMBA_H_
