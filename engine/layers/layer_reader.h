// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_LAYER_READER_H_
#define KRAIT_ENGINE_LAYERS_LAYER_READER_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/layers/weights.h"
#include "engine/model/hyperparameters.h"
#include "engine/model/model_tensors.h"

namespace krait::engine {

// Reads the tensors of one layer, in the shapes that LayerTensors lists. Names
// are without the layer's: "attn_q.weight". As with WeightReader, the first
// failure is kept and everything after it returns empty.
class LayerReader {
 public:
  LayerReader(const Hyperparameters& hparams, size_t layer, WeightReader& read)
      : read_(read), specs_(LayerTensors(hparams, layer)) {}

  // A matrix that stays where it is mapped.
  simd::WeightView Matrix(std::string_view name) {
    const TensorSpec& spec = Spec(name);
    return read_.Matrix(spec.name, spec.shape[0], spec.shape[1]);
  }
  // A vector, converted to float32.
  std::vector<float> Vector(std::string_view name) {
    const TensorSpec& spec = Spec(name);
    return read_.Vector(spec.name, spec.shape[0]);
  }
  // A small matrix, converted to float32, its columns first: [cols, rows].
  std::vector<float> Columns(std::string_view name) {
    const TensorSpec& spec = Spec(name);
    return Transposed(
        read_.SmallMatrix(spec.name, spec.shape[0], spec.shape[1]),
        spec.shape[0], spec.shape[1]);
  }

 private:
  // The layer must have it.
  const TensorSpec& Spec(std::string_view name) const {
    return *FindTensorSpec(specs_, name);
  }

  WeightReader& read_;
  std::vector<TensorSpec> specs_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_LAYER_READER_H_
