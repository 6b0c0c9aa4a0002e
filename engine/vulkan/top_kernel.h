// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_TOP_KERNEL_H_
#define KRAIT_ENGINE_VULKAN_TOP_KERNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/error.h"
#include "engine/layers/top_logits.h"
#include "engine/vulkan/commands.h"
#include "engine/vulkan/kernels.h"  // Address
#include "engine/vulkan/pipelines.h"

namespace krait::engine::vulkan {

// A logit of a list, as shaders have it. The first of a list is its head, whose
// `value` is the sum of exp(logit - the largest).
struct DeviceLogit {
  float value = 0;
  uint32_t id = 0;
};

// Records the shaders that find the largest logits. What a row gets depends,
// bit for bit, neither on other rows nor, but for its length, on the count.
// Immutable and thread-safe.
class TopKernel {
 public:
  static Result<std::unique_ptr<const TopKernel>> Create(Pipelines& pipelines);

  // Of a list of `count` logits, with its head.
  static size_t ListBytes(size_t count) {
    return (1 + count) * sizeof(DeviceLogit);
  }
  // Of what Record needs beside for `rows` rows.
  static size_t PartsBytes(size_t rows, size_t vocab);

  struct Find {
    Address logits = 0;  // [rows, vocab]
    size_t rows = 0;
    size_t vocab = 0;
    size_t count = 0;   // 1..kMaxTopLogits
    Address parts = 0;  // see PartsBytes
    Address lists = 0;  // DeviceLogit[rows, 1 + count]; a multiple of 8
  };
  // Lists the `count` largest of each row; where a row has less, -inf follows.
  // A row with a NaN begins with one.
  void Record(Commands& commands, const Find& find) const;

  // Takes `count` logits of a list that was found, or all that are there.
  // Returns false if its row has a NaN, an infinity that is no -inf, or nothing
  // but these: who reads such logits wants all of them.
  static bool Read(std::span<const DeviceLogit> list, size_t count,
                   TopLogits* top);

 private:
  TopKernel(const Pipeline& slices, const Pipeline& merge)
      : slices_(slices), merge_(merge) {}

  Pipeline slices_;
  Pipeline merge_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_TOP_KERNEL_H_
