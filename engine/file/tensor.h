// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_TENSOR_H_
#define KRAIT_ENGINE_FILE_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simd/weight_format.h"

namespace krait::engine {

// Element types, with ggml's ids (the GGUF tensor type field). Those that krait
// knows but does not run are listed so that it can name them.
enum class TensorType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ8_1 = 9,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kQ8_K = 15,
  kIQ2_XXS = 16,
  kIQ2_XS = 17,
  kIQ3_XXS = 18,
  kIQ1_S = 19,
  kIQ4_NL = 20,
  kIQ3_S = 21,
  kIQ2_S = 22,
  kIQ4_XS = 23,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kIQ1_M = 29,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kMXFP4 = 39,
};

// How a type stores its elements: in blocks, each row a whole number of them.
struct TensorTypeInfo {
  TensorType type;
  const char* name;       // "Q8_0", as ggml writes it
  size_t block_elements;  // 1 for plain types
  size_t block_bytes;
  std::optional<simd::WeightType> weights;  // what runs it, if anything does
};

// Returns null for an id that is not in the list above.
const TensorTypeInfo* FindTensorTypeInfo(TensorType type);

// Returns "Q8_0", "BF16", ...; "type 99" for an unknown one.
std::string TensorTypeName(TensorType type);

// Returns what the kernels call this type, or nothing if they cannot run
// weights of it.
std::optional<simd::WeightType> RunnableType(TensorType type);

// Returns the runnable type of that name in small letters ("q4_k").
std::optional<TensorType> FindRunnableType(std::string_view name);

// Returns "f32, f16, ...": all names that FindRunnableType() knows.
std::string RunnableTypeNames();

// Returns "Q8_0", "BF16", ...; "type 99" for an unknown one.
std::string TensorTypeName(TensorType type);

// A named array in a mapped model file (or in a small converted buffer that
// the ModelFile owns). Row-major; `shape` is outermost first: a GGUF tensor
// with ne = [in, out] has shape {out, in}. `data` lives as long as the file.
struct Tensor {
  std::string name;
  TensorType type = TensorType::kF32;
  std::vector<size_t> shape;
  const std::byte* data = nullptr;
  size_t bytes = 0;
};

// Returns "[512, 64]".
std::string ShapeString(std::span<const size_t> shape);

// Returns the product of `shape`, or nothing if it overflows.
std::optional<size_t> CountElements(std::span<const size_t> shape);

// Returns the bytes of a tensor, or nothing if that overflows or a row is not
// a whole number of blocks. `info` is of the tensor's type.
std::optional<size_t> TensorBytes(const TensorTypeInfo& info,
                                  std::span<const size_t> shape);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_TENSOR_H_
