// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/top_kernel.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "engine/vulkan/kernel_grids.h"

namespace krait::engine::vulkan {
namespace {

// A workgroup has a slice when slices are listed, and an invocation when their
// lists are merged.
constexpr size_t kMaxSlices = 128;  // invocations, as in top_logits_merge.comp
constexpr size_t kLeastSlice = 1024;

size_t SliceOf(size_t vocab) {
  return std::max(DivideUp(vocab, kMaxSlices), kLeastSlice);
}

}  // namespace

Result<std::unique_ptr<const TopKernel>> TopKernel::Create(
    Pipelines& pipelines) {
  const Result<Pipeline> slices = pipelines.Get("top_logits");
  if (!slices) return slices.error();
  const Result<Pipeline> merge = pipelines.Get("top_logits_merge");
  if (!merge) return merge.error();
  return std::unique_ptr<const TopKernel>(new TopKernel(*slices, *merge));
}

size_t TopKernel::PartsBytes(size_t rows, size_t vocab) {
  return rows * DivideUp(vocab, SliceOf(vocab)) * ListBytes(kMaxTopLogits);
}

void TopKernel::Record(Commands& commands, const Find& find) const {
  assert(find.count >= 1 && find.count <= kMaxTopLogits);
  const size_t slice = SliceOf(find.vocab);
  const size_t slices = DivideUp(find.vocab, slice);
  const struct {
    Address logits, lists;
    uint32_t vocab, slice, count, padding;
  } listed = {find.logits, find.parts,      U32(find.vocab),
              U32(slice),  U32(find.count), 0};
  commands.Dispatch(slices_, listed, {.x = U32(slices), .y = U32(find.rows)});
  commands.Barrier();
  const struct {
    Address lists, merged;
    uint32_t slices, count;
  } merged = {find.parts, find.lists, U32(slices), U32(find.count)};
  commands.Dispatch(merge_, merged, {.x = U32(find.rows)});
}

bool TopKernel::Read(std::span<const DeviceLogit> list, size_t count,
                     TopLogits* top) {
  const float largest = list[1].value;
  const float log_sum = largest + std::log(list[0].value);
  if (!std::isfinite(largest) || !std::isfinite(log_sum)) return false;
  top->log_sum = log_sum;
  for (const DeviceLogit& logit : list.subspan(1).first(count)) {
    if (!std::isfinite(logit.value)) break;
    top->ids.push_back(logit.id);
    top->values.push_back(logit.value);
  }
  return true;
}

}  // namespace krait::engine::vulkan
