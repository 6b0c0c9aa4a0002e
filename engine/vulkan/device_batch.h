// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_BATCH_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_BATCH_H_

#include <cstddef>
#include <initializer_list>

#include "engine/layers/linear.h"  // Pass
#include "engine/vulkan/device_scratch.h"
#include "engine/vulkan/kernels.h"

namespace krait::engine::vulkan {

// What one call works on, for all layers: see Batch. Records; a layer ends with
// a barrier, so that what comes after sees what it wrote.
struct DeviceBatch {
  // One of several products of the same inputs, to y[tokens].
  struct Output {
    const Matrix& w;
    Address y = 0;
    size_t y_stride = 0;  // 0: w.rows
  };
  // Of x[tokens], x_stride apart. A barrier stands between products and what
  // was recorded before, and between them and the next.
  void Multiply(std::initializer_list<Output> outputs, Address x,
                size_t x_stride) const;
  // y[tokens, w.rows] of x[tokens, w.cols]
  void Multiply(const Matrix& w, Address x, Address y) const {
    Multiply({{.w = w, .y = y}}, x, w.cols);
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
  size_t tail = 0;       // tokens before, whose inputs are in the log
  Address log_rows = 0;  // DeviceRow[tail + tokens]; 0: not recorded
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_BATCH_H_
