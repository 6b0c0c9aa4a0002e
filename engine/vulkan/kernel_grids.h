// SPDX-License-Identifier: Apache-2.0
// How kernels.cc and chunked_scan.cc cut work into workgroups, as the shaders
// have it; nobody else includes it.
#ifndef KRAIT_ENGINE_VULKAN_KERNEL_GRIDS_H_
#define KRAIT_ENGINE_VULKAN_KERNEL_GRIDS_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "engine/vulkan/commands.h"  // Grid
#include "engine/vulkan/device.h"    // MatMulKind

namespace krait::engine::vulkan {

inline constexpr size_t kMatVecRows = 4;    // of a subgroup, as in matvec.comp
inline constexpr size_t kMatVecLanes = 64;  // of a workgroup, likewise
// Tokens that share what is read of a row, as variants of matvec.comp are made
// for.
inline constexpr size_t kMatVecTokens[] = {1, 2, 4, 8};
inline constexpr size_t kMatMulRows = 64;      // as in matmul.comp
inline constexpr size_t kMatMulTokens = 32;    // likewise
inline constexpr size_t kAttentionRows = 32;   // as in attention_block.comp
inline constexpr size_t kAttentionPiece = 32;  // likewise
inline constexpr size_t kPackedTokens = 64;    // as in the other matmul_*.comp
inline constexpr size_t kPackedStep = 32;      // elements, likewise
inline constexpr size_t kConvolutionPiece = 64;  // tokens, as in conv_silu.comp
inline constexpr size_t kGroupElements = 16;     // as in format.glsl
// What each dimension of a dispatch is sure to have.
inline constexpr size_t kMaxGroups = 65535;

inline size_t DivideUp(size_t a, size_t b) {
  return (a + b - 1) / b;
}

inline uint32_t U32(size_t value) {
  assert(value <= UINT32_MAX);
  return static_cast<uint32_t>(value);
}

// For shaders in which an invocation has several elements if there are many.
inline Grid GridFor(size_t size, size_t group_size) {
  return {.x = U32(std::min(DivideUp(size, group_size), kMaxGroups))};
}

// Which of kMatVecTokens is for so many that share.
inline size_t MatVecVariant(size_t sharing) {
  size_t variant = 0;
  while (variant + 1 < std::size(kMatVecTokens) &&
         kMatVecTokens[variant] < sharing) {
    ++variant;
  }
  return variant;
}

// A subgroup for so many rows and each of `products`, in planes where
// workgroups are more than one dimension has.
inline Grid MatVecGrid(size_t rows, size_t products, size_t subgroup_size) {
  const size_t subgroups =
      std::max<size_t>(kMatVecLanes / std::max<size_t>(subgroup_size, 1), 1);
  const size_t groups = DivideUp(rows, kMatVecRows * subgroups);
  const size_t planes = DivideUp(groups, kMaxGroups);
  return {
      .x = U32(DivideUp(groups, planes)), .y = U32(products), .z = U32(planes)};
}

inline Grid MatMulGrid(MatMulKind kind, size_t rows, size_t tokens,
                       size_t matrices) {
  const size_t tile =
      kind == MatMulKind::kPlain ? kMatMulTokens : kPackedTokens;
  return {.x = U32(DivideUp(rows, kMatMulRows)),
          .y = U32(DivideUp(tokens, tile)),
          .z = U32(matrices)};
}

// Elements of a row of packed inputs, which has zeros behind its end.
inline size_t PackedCols(MatMulKind kind, size_t cols) {
  return kind == MatMulKind::kCooperative
             ? DivideUp(cols, kPackedStep) * kPackedStep
             : cols;
}

// Where in packed inputs their factors begin, in bytes.
inline size_t FactorsOffset(MatMulKind kind, size_t tokens, size_t cols) {
  const size_t element_bytes = kind == MatMulKind::kCooperative ? 2 : 1;
  const size_t bytes = tokens * PackedCols(kind, cols) * element_bytes;
  return DivideUp(bytes, 256) * 256;
}

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_KERNEL_GRIDS_H_
