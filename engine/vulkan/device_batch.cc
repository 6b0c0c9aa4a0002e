// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_batch.h"

namespace krait::engine::vulkan {

void DeviceBatch::Multiply(std::initializer_list<Output> outputs, Address x,
                           size_t x_stride) const {
  // Inputs are packed in one way, that of the device, if at all.
  if (pass == Pass::kPrefill) {
    for (const Output& output : outputs) {
      const MatMulKind kind = kernels.KindOf(output.w.type);
      if (kind == MatMulKind::kPlain) continue;
      kernels.Pack(commands, kind, x, x_stride, tokens, output.w.cols,
                   buffers.packed);
      commands.Barrier();
      break;
    }
  }
  for (const Output& output : outputs) {
    const Kernels::Product product{
        .x = x,
        .x_stride = x_stride,
        .y = output.y,
        .y_stride = output.y_stride == 0 ? output.w.rows : output.y_stride,
        .packed = buffers.packed};
    if (pass == Pass::kDecode) {
      kernels.MatVec(commands, output.w, product, tokens);
    } else {
      kernels.MatMul(commands, output.w, product, tokens);
    }
  }
}

}  // namespace krait::engine::vulkan
