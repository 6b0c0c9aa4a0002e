// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_BATCH_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_BATCH_H_

#include <cstddef>

#include "engine/layers/linear.h"  // Pass
#include "engine/vulkan/device_scratch.h"
#include "engine/vulkan/kernels.h"

namespace krait::engine::vulkan {

// What one call works on, for all layers: see Batch. Records; a layer ends with
// a barrier, so that what comes after sees what it wrote.
struct DeviceBatch {
  // y[tokens, w.rows] of x[tokens, w.cols]
  void Multiply(const Matrix& w, Address x, Address y) const {
    Multiply(w, {.x = x, .x_stride = w.cols, .y = y, .y_stride = w.rows});
  }
  void Multiply(const Matrix& w, const Kernels::Product& product) const {
    if (pass == Pass::kDecode) {
      kernels.MatVec(commands, w, product, tokens);
    } else {
      kernels.MatMul(commands, w, product, tokens);
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
  DeviceSequences sequences = {};
  Address log_rows = 0;  // DeviceRow[tokens], of the log; 0: not recorded
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_BATCH_H_
