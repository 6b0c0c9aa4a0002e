// SPDX-License-Identifier: Apache-2.0
// The layers go to the devices in order. As many as fit: each device takes
// layers until it is full. A number of them: shared by free memory, so that all
// devices are equally full. The output head goes with the last layer, and only
// where all layers are on devices; the embeddings, of which a token reads a
// row, stay mapped unless one device has all.

#include "engine/arch/offload_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "engine/arch/memory_needs.h"

namespace krait::engine {
namespace {

// A completion's prefix, suffix and answer, by the default settings, twice: one
// is being typed, another is warm.
constexpr size_t kTokens = 6144;

// Of a layer with experts: all that follows its norm.
bool IsOfExperts(std::string_view name) {
  return name.find(".ffn_") != name.npos &&
         name.find(".ffn_norm.") == name.npos;
}

size_t TensorBytes(const ModelFile& file, std::string_view name) {
  const Tensor* const tensor = file.Find(name);
  return tensor == nullptr ? 0 : tensor->bytes;
}

// What layers and what is around them take of a device.
class Needs {
 public:
  Needs(const ModelFile& file, const OffloadWish& wish)
      : hparams_(file.hyperparameters()), weights_(hparams_.layers) {
    for (size_t layer = 0; layer < hparams_.layers; ++layer) {
      const bool experts_stay =
          wish.experts_on_processor &&
          hparams_.KindOf(layer).feed_forward == FeedForwardKind::kExperts;
      const std::string prefix = fmt::format("blk.{}.", layer);
      for (const Tensor& tensor : file.tensors()) {
        if (!tensor.name.starts_with(prefix)) continue;
        if (experts_stay && IsOfExperts(tensor.name)) continue;
        weights_[layer] += tensor.bytes;
      }
    }
    embedding_ = TensorBytes(file, "token_embd.weight");
    const size_t output = TensorBytes(file, "output.weight");
    is_tied_ = output == 0;
    head_ = is_tied_ ? embedding_ : output;
  }

  size_t weights(size_t layer) const { return weights_[layer]; }
  // With its state.
  size_t layer(size_t layer) const {
    return weights_[layer] +
           MemoryNeedsOf(hparams_.Part({layer, 1}), kTokens).state_bytes;
  }
  size_t head() const { return head_; }
  // Besides the head, where a device has all layers.
  size_t embedding() const { return is_tied_ ? 0 : embedding_; }
  // What a call computes with, in the device's memory or as a copy.
  size_t call() const {
    return 2 * MemoryNeedsOf(hparams_, kTokens).batch_bytes;
  }

 private:
  const Hyperparameters& hparams_;
  std::vector<size_t> weights_;
  size_t embedding_ = 0;
  size_t head_ = 0;
  bool is_tied_ = false;
};

// Layers from `first` on, at most up to `end`, that there is room for.
LayerRange FillDevice(const Needs& needs, size_t first, size_t end,
                      size_t layers, size_t free) {
  size_t taken = needs.call();
  size_t last = first;
  for (; last < end; ++last) {
    size_t more = needs.layer(last);
    if (last + 1 == layers) more += needs.head();
    if (last + 1 == layers && first == 0) more += needs.embedding();
    if (taken + more > free) break;
    taken += more;
  }
  return {first, last - first};
}

std::vector<LayerRange> AsManyAsFit(const Needs& needs, size_t layers,
                                    std::span<const size_t> free_bytes) {
  std::vector<LayerRange> ranges;
  size_t first = 0;
  for (const size_t free : free_bytes) {
    ranges.push_back(FillDevice(needs, first, layers, layers, free));
    first = ranges.back().end();
  }
  return ranges;
}

std::vector<LayerRange> Shared(size_t wanted,
                               std::span<const size_t> free_bytes) {
  double all = 0;
  for (const size_t free : free_bytes) all += static_cast<double>(free);
  std::vector<LayerRange> ranges;
  double before = 0;  // of the free memory, on the devices so far
  size_t first = 0;
  for (size_t i = 0; i < free_bytes.size(); ++i) {
    before += static_cast<double>(free_bytes[i]);
    const bool last = i + 1 == free_bytes.size();
    const double share = last || all == 0 ? 1 : before / all;
    const auto end =
        static_cast<size_t>(std::lround(share * static_cast<double>(wanted)));
    ranges.push_back({first, end - first});
    first = end;
  }
  return ranges;
}

}  // namespace

bool OffloadPlan::whole() const {
  return on_processor.count == 0 &&
         std::ranges::count_if(on_devices, [](const LayerRange& range) {
           return range.count > 0;
         }) == 1;
}

OffloadPlan PlanOffload(const ModelFile& file,
                        std::span<const size_t> free_bytes,
                        const OffloadWish& wish) {
  const Needs needs(file, wish);
  const size_t layers = file.hyperparameters().layers;
  OffloadPlan plan;
  plan.on_devices = wish.layers
                        ? Shared(std::min(*wish.layers, layers), free_bytes)
                        : AsManyAsFit(needs, layers, free_bytes);
  const size_t end = plan.on_devices.empty() ? 0 : plan.on_devices.back().end();
  plan.on_processor = {end, layers - end};
  for (size_t layer = 0; layer < end; ++layer) {
    plan.device_bytes += needs.weights(layer);
  }
  if (end == layers) plan.device_bytes += needs.head();
  if (plan.whole()) plan.device_bytes += needs.embedding();
  return plan;
}

}  // namespace krait::engine
