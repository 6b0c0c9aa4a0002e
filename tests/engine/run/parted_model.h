// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_RUN_PARTED_MODEL_H_
#define KRAIT_TESTS_ENGINE_RUN_PARTED_MODEL_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/arch/decoder.h"
#include "engine/arch/layer_chain.h"
#include "engine/arch/model.h"

namespace krait::engine {

inline LoadedFile LoadFileForParts(const std::string& path) {
  auto loaded = Model::LoadFile(path);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? std::move(*loaded) : LoadedFile{};
}

// Of parts with so many layers each, and one with the rest, which
// `make(file, shape, its place)` makes.
template <class MakePart>
std::shared_ptr<const Model> MakeParted(LoadedFile loaded,
                                        std::span<const size_t> counts,
                                        const MakePart& make) {
  if (loaded.file == nullptr) return nullptr;
  const size_t layers = loaded.file->hyperparameters().layers;
  std::vector<LayerChain::Link> links;
  size_t first = 0;
  for (size_t i = 0; i <= counts.size(); ++i) {
    const size_t count = i < counts.size() ? counts[i] : layers - first;
    const PartShape shape{.layers = {first, count},
                          .embeds = false,
                          .has_head = i == counts.size()};
    auto part = make(*loaded.file, shape, i);
    EXPECT_TRUE(part) << part.error().message;
    if (!part) return nullptr;
    links.push_back({shape.layers, std::move(*part)});
    first += count;
  }
  auto chain = LayerChain::Create(*loaded.file, std::move(links));
  EXPECT_TRUE(chain) << chain.error().message;
  if (!chain) return nullptr;
  return std::make_shared<const Model>(std::move(loaded), std::move(*chain));
}

// All parts are the processor's.
inline std::shared_ptr<const Model> MakeParted(LoadedFile loaded,
                                               std::span<const size_t> counts) {
  return MakeParted(std::move(loaded), counts,
                    [](const ModelFile& file, const PartShape& shape, size_t) {
                      return Decoder::Create(file, shape);
                    });
}

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_RUN_PARTED_MODEL_H_
