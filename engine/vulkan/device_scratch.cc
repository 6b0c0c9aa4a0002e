// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_scratch.h"

#include <algorithm>
#include <cassert>

#include "engine/vulkan/top_kernel.h"

namespace krait::engine::vulkan {
namespace {

constexpr size_t kArrayAlignment = 256;  // of arrays of a call

Slice Require(const Device& device, MemoryArena& arena, size_t bytes) {
  Result<Slice> slice = arena.Allocate(bytes);
  if (!slice) device.Fail(slice.error());
  return *slice;
}

}  // namespace

void CallInputs::Begin(size_t bytes, size_t arrays) {
  used_ = 0;
  bytes += arrays * kArrayAlignment;
  if (bytes <= room_.bytes) return;
  // In steps that double, as sequences grow.
  size_t size = size_t{64} << 10;
  while (size < bytes) size *= 2;
  arena_ = std::make_unique<MemoryArena>(device_, MemoryKind::kUpload, size);
  room_ = Require(*device_, *arena_, size);
}

Slice CallInputs::Take(size_t bytes) {
  const Slice slice = room_.From(used_);
  assert(bytes <= slice.bytes);
  used_ += (bytes + kArrayAlignment - 1) / kArrayAlignment * kArrayAlignment;
  return slice;
}

DeviceScratch::DeviceScratch(const Hyperparameters& hparams, size_t max_tokens,
                             bool with_processor,
                             const std::shared_ptr<Device>& its_device)
    : device(its_device),
      arena(device, MemoryKind::kDevice, size_t{16} << 20),
      upload_arena(device, MemoryKind::kUpload, size_t{1} << 20),
      download_arena(device, MemoryKind::kDownload, size_t{1} << 20),
      inputs(device) {
  Result<std::unique_ptr<Commands>> made = Commands::Create(device);
  if (!made) device->Fail(made.error());
  commands = std::move(*made);
  u_array = Take(max_tokens * hparams.d_model);
  h_array = Take(max_tokens * hparams.d_model);
  u = u_array.address;
  h = h_array.address;
  if (with_processor) {
    upload = Require(*device, upload_arena, u_array.bytes);
    download = Require(*device, download_arena, u_array.bytes);
  }
  if (hparams.Has(MixerKind::kAttention)) {
    const AttentionShape& shape = hparams.attention;
    q = Take(max_tokens * shape.heads * shape.head_dim).address;
    attended = Take(max_tokens * shape.heads * shape.head_dim).address;
    k = Take(max_tokens * shape.kv_heads * shape.head_dim).address;
    v = Take(max_tokens * shape.kv_heads * shape.head_dim).address;
  }
  if (hparams.Has(MixerKind::kMamba2)) {
    const Mamba2Shape& shape = hparams.mamba2;
    const size_t rows = kTail + max_tokens;
    projected = Take(rows * shape.in_proj_rows()).address;
    inner = Take(rows * shape.d_inner).address;
    convolved = Take(rows * shape.conv_dim()).address;
    chunk_slots = ChunkedScan::Slots(rows, 1);
    chunks = Take(ChunkedScan::ScratchFloats(shape, chunk_slots)).address;
  }
  if (hparams.Has(MixerKind::kMamba1)) {
    const Mamba1Shape& shape = hparams.mamba1;
    projected = Take(max_tokens * 2 * shape.d_inner).address;
    inner = Take(max_tokens * shape.d_inner).address;
    convolved = Take(max_tokens * shape.d_inner).address;
    selected = Take(max_tokens * SelectedStride(shape)).address;
    step_sizes = Take(max_tokens * shape.d_inner).address;
  }
  if (hparams.Has(MixerKind::kParallel)) {
    beside = Take(max_tokens * hparams.d_model).address;
  }
  size_t widest = hparams.d_ff;
  if (hparams.Has(FeedForwardKind::kExperts)) {
    const ExpertsShape& experts = hparams.experts;
    widest = std::max(experts.used * widest, experts.shared_d_ff);
    scores = Take(max_tokens * experts.count).address;
    uses = Take(max_tokens * experts.used * sizeof(ExpertUse) / sizeof(float))
               .address;
    parts = Take(max_tokens * experts.used * hparams.d_model).address;
    use_order = Take(max_tokens * experts.used).address;
    use_begins = Take(experts.count + 1).address;
  }
  gate = Take(max_tokens * widest).address;
  up = Take(max_tokens * widest).address;
  if (device->matmul() != MatMulKind::kPlain) {
    TakePacked(hparams, max_tokens, device->matmul());
  }
  logits = Take(kLogitsRows * hparams.vocab);
  host_logits = Require(*device, download_arena,
                        kLogitsRows * hparams.vocab * sizeof(float));
  top_parts =
      Take(TopKernel::PartsBytes(kLogitsRows, hparams.vocab) / sizeof(float))
          .address;
  const size_t lists = kLogitsRows * TopKernel::ListBytes(kMaxTopLogits);
  top = Take(lists / sizeof(float));
  host_top = Require(*device, download_arena, lists);
}

// For the widest inputs that a product has.
void DeviceScratch::TakePacked(const Hyperparameters& hparams,
                               size_t max_tokens, MatMulKind kind) {
  const AttentionShape& attention = hparams.attention;
  const size_t cols = std::max(
      {hparams.d_model, attention.heads * attention.head_dim,
       hparams.mamba1.d_inner, hparams.mamba1.dt_rank, hparams.mamba2.d_inner,
       hparams.d_ff, hparams.experts.shared_d_ff});
  const size_t bytes =
      std::max(Kernels::PackedBytes(kind, max_tokens, cols),
               Kernels::PackedBytes(kind, max_tokens * hparams.experts.used,
                                    hparams.d_ff));
  packed = Take(bytes / sizeof(float) + 1).address;
}

Slice DeviceScratch::Take(size_t floats) {
  return Require(*device, arena, floats * sizeof(float));
}

}  // namespace krait::engine::vulkan
