// SPDX-License-Identifier: Apache-2.0
#include "engine/state/recurrent_state.h"

#include <algorithm>
#include <cassert>
#include <string>

namespace krait::engine {
namespace {

constexpr size_t kFloatsPerLine = 16;  // 64 bytes

size_t RoundUp(size_t n) {
  return (n + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
}

}  // namespace

RecurrentState::RecurrentState(const Mamba2Shape& shape, size_t layers)
    : shape_(shape),
      layers_(layers),
      conv_size_(RoundUp((shape.conv_width - 1) * shape.conv_dim())),
      ssm_size_(RoundUp(shape.heads * shape.state * shape.head_dim)),
      values_(layers * (conv_size_ + ssm_size_)) {}

std::unique_ptr<State> RecurrentState::Clone() const {
  auto copy = std::make_unique<RecurrentState>(shape_, layers_);
  copy->CopyFrom(*this);
  return copy;
}

void RecurrentState::CopyFrom(const State& other) {
  const auto& source = static_cast<const RecurrentState&>(other);
  assert(source.values_.size() == values_.size());
  std::copy_n(source.values_.data(), values_.size(), values_.data());
  position_ = source.position_;
}

void RecurrentState::Reset() {
  values_.Zero();
  position_ = 0;
}

std::vector<StateTensor> RecurrentState::Export() const {
  std::vector<StateTensor> tensors;
  const size_t window = shape_.conv_width - 1;
  const size_t channels = shape_.conv_dim();
  for (size_t layer = 0; layer < layers_; ++layer) {
    const std::string prefix = "layer." + std::to_string(layer) + ".";
    const float* conv = values_.data() + layer * layer_size();
    StateTensor conv_state{prefix + "conv_state", {channels, window}, {}};
    for (size_t c = 0; c < channels; ++c) {
      for (size_t k = 0; k < window; ++k) {
        conv_state.values.push_back(conv[k * channels + c]);
      }
    }
    const float* ssm = conv + conv_size_;
    StateTensor ssm_state{prefix + "ssm_state",
                          {shape_.heads, shape_.head_dim, shape_.state},
                          {}};
    for (size_t h = 0; h < shape_.heads; ++h) {
      const float* head = ssm + h * shape_.state * shape_.head_dim;
      for (size_t p = 0; p < shape_.head_dim; ++p) {
        for (size_t n = 0; n < shape_.state; ++n) {
          ssm_state.values.push_back(head[n * shape_.head_dim + p]);
        }
      }
    }
    tensors.push_back(std::move(conv_state));
    tensors.push_back(std::move(ssm_state));
  }
  return tensors;
}

}  // namespace krait::engine
