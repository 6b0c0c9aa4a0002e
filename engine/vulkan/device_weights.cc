// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_weights.h"

#include <fmt/format.h>

#include <vector>

#include "engine/layers/weights.h"

namespace krait::engine::vulkan {

Matrix DeviceWeights::Upload(const simd::WeightView& w) {
  if (w.data == nullptr || !status_) return {};  // the reader has failed
  if (status_) status_ = CheckMatrix(w.type, w.rows, w.cols);
  if (status_) status_ = kernels_.Prepare(w.type);
  const auto* data = static_cast<const std::byte*>(w.data);
  return {.address = Upload(std::span(data, WeightBytes(w))),
          .type = w.type,
          .rows = w.rows,
          .cols = w.cols};
}

Address DeviceWeights::Upload(std::span<const float> values) {
  return Upload(std::as_bytes(values));
}

ExpertMatrices DeviceWeights::UploadExperts(
    std::span<const simd::WeightView> experts) {
  std::vector<Address> addresses;
  for (const simd::WeightView& expert : experts) {
    if (status_ && expert.type != experts.front().type) {
      status_ = MakeError(
          ErrorCode::kUnsupported,
          "experts in different formats are not run on a graphics card");
    }
    addresses.push_back(Upload(expert).address);
  }
  const simd::WeightView& first = experts.front();
  if (status_) status_ = kernels_.PrepareExperts(first.type);
  const Address table = Upload(std::as_bytes(std::span(addresses)));
  return {.table = table,
          .shape = {.address = 0,
                    .type = first.type,
                    .rows = first.rows,
                    .cols = first.cols}};
}

Address DeviceWeights::Upload(std::span<const std::byte> data) {
  if (!status_ || data.empty()) return 0;
  const Result<Slice> slice = arena_.Allocate(data.size());
  if (!slice) {
    status_ = slice.error();
    return 0;
  }
  try {
    transfers_->Upload(data, *slice);
  } catch (const DeviceFailure& failure) {
    status_ = MakeError(ErrorCode::kUnsupported, failure.what());
    return 0;
  }
  bytes_ += data.size();
  return slice->address;
}

ExpertMatrices DeviceLayerReader::Experts(std::string_view name, size_t count) {
  std::vector<simd::WeightView> experts;
  for (size_t e = 0; e < count; ++e) {
    experts.push_back(read_.Matrix(fmt::format("{}.{}.weight", name, e)));
  }
  return weights_.UploadExperts(experts);
}

}  // namespace krait::engine::vulkan
