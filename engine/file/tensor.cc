// SPDX-License-Identifier: Apache-2.0
#include "engine/file/tensor.h"

#include <algorithm>
#include <array>

namespace krait::engine {
namespace {

using T = TensorType;

// A type that the kernels run: they know its blocks.
constexpr TensorTypeInfo Runs(T type, const char* name,
                              simd::WeightType weights) {
  const simd::WeightFormat& format = simd::FormatOf(weights);
  return {type, name, format.block_elements, format.block_bytes, weights};
}

constexpr std::array kTypes = {
    Runs(T::kF32, "F32", simd::WeightType::kF32),
    Runs(T::kF16, "F16", simd::WeightType::kF16),
    Runs(T::kQ4_0, "Q4_0", simd::WeightType::kQ4_0),
    Runs(T::kQ4_1, "Q4_1", simd::WeightType::kQ4_1),
    Runs(T::kQ5_0, "Q5_0", simd::WeightType::kQ5_0),
    Runs(T::kQ5_1, "Q5_1", simd::WeightType::kQ5_1),
    Runs(T::kQ8_0, "Q8_0", simd::WeightType::kQ8_0),
    TensorTypeInfo{T::kQ8_1, "Q8_1", 32, 36, {}},
    Runs(T::kQ2_K, "Q2_K", simd::WeightType::kQ2_K),
    Runs(T::kQ3_K, "Q3_K", simd::WeightType::kQ3_K),
    Runs(T::kQ4_K, "Q4_K", simd::WeightType::kQ4_K),
    Runs(T::kQ5_K, "Q5_K", simd::WeightType::kQ5_K),
    Runs(T::kQ6_K, "Q6_K", simd::WeightType::kQ6_K),
    TensorTypeInfo{T::kQ8_K, "Q8_K", 256, 292, {}},
    TensorTypeInfo{T::kIQ2_XXS, "IQ2_XXS", 256, 66, {}},
    TensorTypeInfo{T::kIQ2_XS, "IQ2_XS", 256, 74, {}},
    TensorTypeInfo{T::kIQ3_XXS, "IQ3_XXS", 256, 98, {}},
    TensorTypeInfo{T::kIQ1_S, "IQ1_S", 256, 50, {}},
    Runs(T::kIQ4_NL, "IQ4_NL", simd::WeightType::kIQ4_NL),
    TensorTypeInfo{T::kIQ3_S, "IQ3_S", 256, 110, {}},
    TensorTypeInfo{T::kIQ2_S, "IQ2_S", 256, 82, {}},
    Runs(T::kIQ4_XS, "IQ4_XS", simd::WeightType::kIQ4_XS),
    TensorTypeInfo{T::kI8, "I8", 1, 1, {}},
    TensorTypeInfo{T::kI16, "I16", 1, 2, {}},
    TensorTypeInfo{T::kI32, "I32", 1, 4, {}},
    TensorTypeInfo{T::kI64, "I64", 1, 8, {}},
    TensorTypeInfo{T::kF64, "F64", 1, 8, {}},
    TensorTypeInfo{T::kIQ1_M, "IQ1_M", 256, 56, {}},
    Runs(T::kBF16, "BF16", simd::WeightType::kBF16),
    TensorTypeInfo{T::kTQ1_0, "TQ1_0", 256, 54, {}},
    TensorTypeInfo{T::kTQ2_0, "TQ2_0", 256, 66, {}},
    TensorTypeInfo{T::kMXFP4, "MXFP4", 32, 17, {}},
};

}  // namespace

const TensorTypeInfo* FindTensorTypeInfo(TensorType type) {
  const auto* it = std::find_if(
      kTypes.begin(), kTypes.end(),
      [type](const TensorTypeInfo& info) { return info.type == type; });
  return it == kTypes.end() ? nullptr : it;
}

std::optional<simd::WeightType> RunnableType(TensorType type) {
  const TensorTypeInfo* info = FindTensorTypeInfo(type);
  return info == nullptr ? std::nullopt : info->weights;
}

std::optional<TensorType> FindRunnableType(std::string_view name) {
  const std::optional<simd::WeightType> weights = simd::FindWeightType(name);
  if (!weights) return std::nullopt;
  const auto* it = std::ranges::find(kTypes, weights, &TensorTypeInfo::weights);
  if (it == kTypes.end()) return std::nullopt;
  return it->type;
}

std::string RunnableTypeNames() {
  std::string names;
  for (const simd::WeightFormat& format : simd::kWeightFormats) {
    if (!names.empty()) names += ", ";
    names += format.name;
  }
  return names;
}

std::string TensorTypeName(TensorType type) {
  const TensorTypeInfo* info = FindTensorTypeInfo(type);
  if (info != nullptr) return info->name;
  return "type " + std::to_string(static_cast<uint32_t>(type));
}

std::string ShapeString(std::span<const size_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::optional<size_t> CountElements(std::span<const size_t> shape) {
  size_t count = 1;
  for (const size_t dim : shape) {
    if (__builtin_mul_overflow(count, dim, &count)) return std::nullopt;
  }
  return count;
}

std::optional<size_t> TensorBytes(const TensorTypeInfo& info,
                                  std::span<const size_t> shape) {
  const size_t row = shape.empty() ? 1 : shape.back();
  if (row % info.block_elements != 0) return std::nullopt;
  const std::optional<size_t> elements = CountElements(shape);
  if (!elements) return std::nullopt;
  size_t bytes = 0;
  if (__builtin_mul_overflow(*elements / info.block_elements, info.block_bytes,
                             &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace krait::engine
