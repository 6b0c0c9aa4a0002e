// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_OFFLOAD_PLAN_H_
#define KRAIT_ENGINE_ARCH_OFFLOAD_PLAN_H_

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/model/model_file.h"

namespace krait::engine {

// What a user wants graphics cards to run.
struct OffloadWish {
  // Layers, from the first on, or as many as the model has; nothing: as many as
  // there is room for.
  std::optional<size_t> layers = {};
  bool experts_on_processor = false;
};

// Which layers run where.
struct OffloadPlan {
  // Of each device, in their order; a count of 0: it is not used.
  std::vector<LayerRange> on_devices;
  LayerRange on_processor;  // the rest
  size_t device_bytes = 0;  // of the weights on all devices

  // Whether one device runs all of it, embeddings and head, too.
  bool whole() const;
};

// Divides the layers of a model, by what they take: their weights, what a
// completion remembers of them, and once for each device what a call computes
// with. `free_bytes`: of each device.
OffloadPlan PlanOffload(const ModelFile& file,
                        std::span<const size_t> free_bytes,
                        const OffloadWish& wish);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_OFFLOAD_PLAN_H_
