// SPDX-License-Identifier: Apache-2.0
#include "engine/state/kv_cache.h"

#include <string>

namespace krait::engine {

KvCache::KvCache(const LlamaShape& shape, size_t layers)
    : kv_heads_(shape.kv_heads),
      head_dim_(shape.head_dim),
      keys_(layers),
      values_(layers) {}

std::unique_ptr<State> KvCache::Clone() const {
  return std::make_unique<KvCache>(*this);
}

void KvCache::CopyFrom(const State& other) {
  *this = static_cast<const KvCache&>(other);
}

void KvCache::Reset() {
  for (auto& layer : keys_) layer.clear();
  for (auto& layer : values_) layer.clear();
  position_ = 0;
}

size_t KvCache::bytes() const {
  size_t floats = 0;
  for (const auto& layer : keys_) floats += layer.capacity();
  for (const auto& layer : values_) floats += layer.capacity();
  return floats * sizeof(float);
}

void KvCache::Reserve(size_t tokens) {
  const size_t size = (position_ + tokens) * kv_heads_ * head_dim_;
  for (auto& layer : keys_) layer.resize(size);
  for (auto& layer : values_) layer.resize(size);
}

std::vector<StateTensor> KvCache::Export() const {
  std::vector<StateTensor> tensors;
  const size_t size = position_ * kv_heads_ * head_dim_;
  const std::vector<size_t> shape = {position_, kv_heads_, head_dim_};
  for (size_t layer = 0; layer < keys_.size(); ++layer) {
    const std::string prefix = "layer." + std::to_string(layer) + ".";
    const auto take = [&](const std::vector<float>& all) {
      return std::vector<float>(all.begin(),
                                all.begin() + static_cast<ptrdiff_t>(size));
    };
    tensors.push_back({prefix + "keys", shape, take(keys_[layer])});
    tensors.push_back({prefix + "values", shape, take(values_[layer])});
  }
  return tensors;
}

}  // namespace krait::engine
