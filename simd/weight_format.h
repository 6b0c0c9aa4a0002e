// SPDX-License-Identifier: Apache-2.0
// Every storage format of weight matrices that krait runs: one row each, of
// which all others (the engine, the command line, the benchmarks) take names,
// blocks and kernels. A new format is an enumerator and a row here, and a file
// in simd/quant/ with what its bits mean.
#ifndef KRAIT_SIMD_WEIGHT_FORMAT_H_
#define KRAIT_SIMD_WEIGHT_FORMAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace krait::simd {

struct ActivationView;
struct MatMulOutput;
struct WeightView;

// The names are ggml's; so are the bits, as they lie in a model file.
enum class WeightType : uint8_t {
  kF32,
  kF16,   // IEEE binary16
  kBF16,  // upper half of an IEEE binary32
  kQ4_0,  // blocks of 32: a scale
  kQ4_1,  // blocks of 32: a scale and a minimum
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2_K,  // blocks of 256, of which each 16 have a 4-bit scale and minimum
  kQ3_K,  // ... each 16 a 6-bit scale
  kQ4_K,  // ... each 32 a 6-bit scale and minimum
  kQ5_K,
  kQ6_K,    // ... each 16 an 8-bit scale
  kIQ4_NL,  // blocks of 32: a scale; quants choose one of 16 uneven values
  kIQ4_XS,  // ... of 256, each 32 a 6-bit scale
};

// The form in which a batch of input vectors meets a weight matrix.
enum class ActivationFormat : uint8_t {
  kF32,  // as they are
  kQ8,   // blocks of 32 int8 with a float scale each
};

// Kernels of a format; see weights.h and matmul.h for what they compute.
using ExpandFn = void (*)(const uint8_t* row, size_t cols, float* out);
using MatVecsFn = void (*)(const WeightView& w, size_t row_begin,
                           size_t row_end, const ActivationView& x,
                           float* const* y);
using MatMulFn = void (*)(const WeightView& w, size_t row_begin, size_t row_end,
                          const ActivationView& x, const MatMulOutput& out,
                          void* scratch);

struct WeightFormat {
  WeightType type;
  std::string_view name;  // GGUF's, in small letters
  size_t block_elements;  // a row is a whole number of blocks
  size_t block_bytes;
  ActivationFormat activations;
  ExpandFn expand;  // a row to float32, each element rounded as ggml does
  MatVecsFn mat_vecs;
  MatMulFn mat_mul;
};

// The quantised ones, by their enumerators and in their order: of each, kernels
// are declared here and compiled for each instruction set (quant/vnni.h's,
// too).
// clang-format off
#define KRAIT_QUANTISED_FORMATS(X)                \
  X(Q4_0) X(Q4_1) X(Q5_0) X(Q5_1) X(Q8_0)         \
  X(Q2_K) X(Q3_K) X(Q4_K) X(Q5_K) X(Q6_K)         \
  X(IQ4_NL) X(IQ4_XS)
// clang-format on

// Defined by the file of the same name: matvec_f32.cc and matmul_f32.cc for the
// float formats, quant/q4_k.cc for Q4_K.
#define KRAIT_WEIGHT_KERNELS(Name)                                          \
  void Expand##Name(const uint8_t* row, size_t cols, float* out);           \
  void MatVecs##Name(const WeightView& w, size_t row_begin, size_t row_end, \
                     const ActivationView& x, float* const* y);             \
  void MatMul##Name(const WeightView& w, size_t row_begin, size_t row_end,  \
                    const ActivationView& x, const MatMulOutput& out,       \
                    void* scratch);
KRAIT_WEIGHT_KERNELS(F32)
KRAIT_WEIGHT_KERNELS(F16)
KRAIT_WEIGHT_KERNELS(BF16)
KRAIT_QUANTISED_FORMATS(KRAIT_WEIGHT_KERNELS)
#undef KRAIT_WEIGHT_KERNELS

#define KRAIT_WEIGHT_FORMAT(Name, name, elements, bytes, activations)          \
  WeightFormat {                                                               \
    WeightType::k##Name, name, elements, bytes, ActivationFormat::activations, \
        Expand##Name, MatVecs##Name, MatMul##Name                              \
  }
inline constexpr std::array kWeightFormats = {
    KRAIT_WEIGHT_FORMAT(F32, "f32", 1, 4, kF32),
    KRAIT_WEIGHT_FORMAT(F16, "f16", 1, 2, kF32),
    KRAIT_WEIGHT_FORMAT(BF16, "bf16", 1, 2, kF32),
    KRAIT_WEIGHT_FORMAT(Q4_0, "q4_0", 32, 18, kQ8),
    KRAIT_WEIGHT_FORMAT(Q4_1, "q4_1", 32, 20, kQ8),
    KRAIT_WEIGHT_FORMAT(Q5_0, "q5_0", 32, 22, kQ8),
    KRAIT_WEIGHT_FORMAT(Q5_1, "q5_1", 32, 24, kQ8),
    KRAIT_WEIGHT_FORMAT(Q8_0, "q8_0", 32, 34, kQ8),
    KRAIT_WEIGHT_FORMAT(Q2_K, "q2_k", 256, 84, kQ8),
    KRAIT_WEIGHT_FORMAT(Q3_K, "q3_k", 256, 110, kQ8),
    KRAIT_WEIGHT_FORMAT(Q4_K, "q4_k", 256, 144, kQ8),
    KRAIT_WEIGHT_FORMAT(Q5_K, "q5_k", 256, 176, kQ8),
    KRAIT_WEIGHT_FORMAT(Q6_K, "q6_k", 256, 210, kQ8),
    KRAIT_WEIGHT_FORMAT(IQ4_NL, "iq4_nl", 32, 18, kQ8),
    KRAIT_WEIGHT_FORMAT(IQ4_XS, "iq4_xs", 256, 136, kQ8),
};
#undef KRAIT_WEIGHT_FORMAT

// Returns the row of a type: constant time.
constexpr const WeightFormat& FormatOf(WeightType type) {
  return kWeightFormats[static_cast<size_t>(type)];
}

// Returns the type of that name ("q4_k"), or nothing.
std::optional<WeightType> FindWeightType(std::string_view name);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_WEIGHT_FORMAT_H_
