// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_SCRATCH_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_SCRATCH_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

#include "engine/layers/executor.h"
#include "engine/model/hyperparameters.h"
#include "engine/vulkan/commands.h"
#include "engine/vulkan/device_memory.h"
#include "engine/vulkan/kernels.h"

namespace krait::engine::vulkan {

// What a call takes from the processor: arrays that shaders read where they
// are. Thread-compatible; throws DeviceFailure.
class CallInputs {
 public:
  explicit CallInputs(std::shared_ptr<Device> device)
      : device_(std::move(device)) {}

  // Drops what was put, and makes room for `bytes` in `arrays` arrays.
  void Begin(size_t bytes, size_t arrays);

  // Copies the values to where the device reads them.
  template <class T>
  Address Put(std::span<const T> values) {
    const Slice slice = Take(values.size_bytes());
    std::memcpy(slice.mapped, values.data(), values.size_bytes());
    return slice.address;
  }

 private:
  Slice Take(size_t bytes);

  std::shared_ptr<Device> device_;
  std::unique_ptr<MemoryArena> arena_;
  Slice room_;
  size_t used_ = 0;
};

// Buffers of one call of a model on a device, for its largest batch.
struct DeviceScratch : public Scratch {
  // Rows of logits that are computed at once.
  static constexpr size_t kLogitsRows = 16;

  // Tokens that were fed since the grid, at most.
  static constexpr size_t kTail = ChunkedScan::kChunk - 1;

  // Of what Mamba-1's x_proj gives, so that products can load four at a time.
  static size_t SelectedStride(const Mamba1Shape& shape) {
    return (shape.x_proj_rows() + 3) / 4 * 4;
  }

  // For batches of `max_tokens`. `with_processor`: this one takes part in the
  // call. Throws DeviceFailure.
  DeviceScratch(const Hyperparameters& hparams, size_t max_tokens,
                bool with_processor, const std::shared_ptr<Device>& its_device);

  std::shared_ptr<Device> device;
  MemoryArena arena;
  MemoryArena upload_arena;
  MemoryArena download_arena;
  CallInputs inputs;
  std::unique_ptr<Commands> commands;

  Address u = 0;         // [tokens, d_model], the residual stream
  Address h = 0;         // [tokens, d_model]
  Address q = 0;         // [tokens, heads * head_dim]
  Address attended = 0;  // [tokens, heads * head_dim]
  Address k = 0;         // [tokens, kv_heads * head_dim]
  Address v = 0;         // [tokens, kv_heads * head_dim]
  // Of Mamba-2: [kTail + tokens], as a chunk may have begun before.
  Address projected = 0;  // [tokens, in_proj_rows]
  Address inner = 0;      // [tokens, d_inner]
  // Behind the convolution: x of Mamba-1; x, B and C of Mamba-2.
  Address convolved = 0;   // [tokens, d_inner] or [kTail + tokens, conv_dim]
  Address chunks = 0;      // of Mamba-2: see ChunkedScan
  size_t chunk_slots = 0;  // that it is for
  // Of Mamba-1: what selects, and step sizes.
  Address selected = 0;    // [tokens], SelectedStride apart: x_proj_rows
  Address step_sizes = 0;  // [tokens, d_inner]
  Address beside = 0;      // [tokens, d_model], of attention beside Mamba-2
  Address gate = 0;        // [tokens, d_ff], or of each expert that is used
  Address up = 0;          // likewise
  Address scores = 0;      // [tokens, experts]
  Address uses = 0;        // ExpertUse[tokens, used]
  Address parts = 0;       // [tokens, used, d_model]
  Address use_order = 0;   // uint32[tokens, used]: see Kernels::Grouped
  Address use_begins = 0;  // uint32[experts + 1]
  Address packed = 0;      // inputs of a product: see Kernels::Pack
  Slice logits;            // [kLogitsRows, vocab]
  Slice host_logits;       // likewise, mapped
  Address top_parts = 0;   // see TopKernel
  Slice top;               // its lists of [kLogitsRows]
  Slice host_top;          // likewise, mapped

  // To give arrays to the processor and get them back, with it alone.
  Slice u_array;  // u and h, as copies take them
  Slice h_array;
  Slice upload;    // [tokens, d_model], mapped
  Slice download;  // likewise

 private:
  Slice Take(size_t floats);
  void TakePacked(const Hyperparameters& hparams, size_t max_tokens,
                  MatMulKind kind);
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_SCRATCH_H_
