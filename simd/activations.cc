// SPDX-License-Identifier: Apache-2.0
#include "simd/activations.h"

#include <algorithm>
#include <cstring>
#include <limits>

#ifndef KRAIT_SIMD_Q8_ROW_
#define KRAIT_SIMD_Q8_ROW_
namespace krait::simd {
namespace {

// Where a token's parts of a kQ8 buffer go; see ActivationView.
struct Q8Row {
  int8_t* quants;
  float* scales;
  int32_t* sums;
  int32_t* half_sums;
  float* scaled_sums;
  float* half_scales;
  float* scaled_half_sums;
};

}  // namespace
}  // namespace krait::simd
#endif  // KRAIT_SIMD_Q8_ROW_

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/activations.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for it.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Returns max|x| / 127 of a block; NaN if an element is not finite.
float ScaleOfBlock(const float* HWY_RESTRICT x) {
  const hn::CappedTag<float, 16> d;  // divides the block
  auto largest = hn::Zero(d);
  auto zeros = hn::Zero(d);  // or NaN: infinity * 0 and NaN * 0 are NaN
  for (size_t i = 0; i < kQ8BlockSize; i += hn::Lanes(d)) {
    const auto v = hn::LoadU(d, x + i);
    largest = hn::Max(largest, hn::Abs(v));
    zeros = hn::MulAdd(v, hn::Zero(d), zeros);
  }
  const float zero = hn::ReduceSum(d, zeros);
  if (!(zero == 0.0f)) return std::numeric_limits<float>::quiet_NaN();
  return hn::ReduceMax(d, largest) / 127.0f;
}

// Fills quants[16] with round(x / scale); returns their sum. The clamp matters
// where the scale is subnormal, and so imprecise.
int32_t QuantizeHalf(const float* HWY_RESTRICT x, float scale,
                     int8_t* HWY_RESTRICT quants) {
  const hn::CappedTag<float, 16> d;
  const hn::Rebind<int32_t, decltype(d)> di32;
  const hn::Rebind<int8_t, decltype(d)> di8;
  const auto divisor = hn::Set(d, scale);
  const auto limit = hn::Set(d, 127.0f);
  auto sum = hn::Zero(di32);
  for (size_t i = 0; i < kQ8BlockSize / 2; i += hn::Lanes(d)) {
    const auto ratio = hn::Div(hn::LoadU(d, x + i), divisor);
    const auto q =
        hn::NearestInt(hn::Max(hn::Min(ratio, limit), hn::Neg(limit)));
    sum = hn::Add(sum, q);
    hn::StoreU(hn::DemoteTo(di8, q), di8, quants + i);
  }
  return hn::ReduceSum(di32, sum);
}

void PackQ8T(const float* HWY_RESTRICT x, size_t cols, const Q8Row& row) {
  constexpr size_t kHalf = kQ8BlockSize / 2;
  for (size_t b = 0; b < cols / kQ8BlockSize; ++b, x += kQ8BlockSize) {
    const float scale = ScaleOfBlock(x);
    int32_t first = 0;
    int32_t second = 0;
    int8_t* block = row.quants + b * kQ8BlockSize;
    if (scale > 0.0f) {
      first = QuantizeHalf(x, scale, block);
      second = QuantizeHalf(x + kHalf, scale, block + kHalf);
    } else {  // 0 or NaN; 0 * NaN makes the results NaN
      std::memset(block, 0, kQ8BlockSize);
    }
    row.scales[b] = scale;
    row.sums[b] = first + second;
    row.half_sums[b] = first;
    row.scaled_sums[b] = scale * static_cast<float>(first + second);
    row.half_scales[2 * b] = scale;
    row.half_scales[2 * b + 1] = scale;
    row.scaled_half_sums[2 * b] = scale * static_cast<float>(first);
    row.scaled_half_sums[2 * b + 1] = scale * static_cast<float>(second);
  }
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
namespace {

HWY_EXPORT(PackQ8T);

constexpr size_t kAlign = 64;

size_t RoundUp(size_t bytes) {
  return (bytes + kAlign - 1) / kAlign * kAlign;
}

// See ActivationView. Tokens at a multiple of the size of a cache's way would
// push each other out.
size_t Q8Stride(size_t cols) {
  const size_t bytes = RoundUp(cols);
  return bytes % 512 == 0 ? bytes + kAlign : bytes;
}

// The parts of a kQ8 buffer, in this order, each aligned.
struct Q8Layout {
  Q8Layout(size_t tokens, size_t cols)
      : stride(Q8Stride(cols)),
        quants_bytes(tokens * stride),
        blocks_bytes(RoundUp(tokens * (cols / kQ8BlockSize) * 4)),
        total_bytes(quants_bytes + kBlockArrays * blocks_bytes) {}

  // scales, sums, half_sums, scaled_sums, and two arrays of twice that size.
  static constexpr size_t kBlockArrays = 8;
  size_t stride;  // of quants
  size_t quants_bytes;
  size_t blocks_bytes;  // of an array with four bytes a block
  size_t total_bytes;
};

// The first token's parts.
Q8Row FirstRow(const Q8Layout& layout, uint8_t* buffer) {
  const auto array = [&](size_t i) -> void* {
    return buffer + layout.quants_bytes + i * layout.blocks_bytes;
  };
  return {.quants = reinterpret_cast<int8_t*>(buffer),
          .scales = static_cast<float*>(array(0)),
          .sums = static_cast<int32_t*>(array(1)),
          .half_sums = static_cast<int32_t*>(array(2)),
          .scaled_sums = static_cast<float*>(array(3)),
          .half_scales = static_cast<float*>(array(4)),
          .scaled_half_sums = static_cast<float*>(array(6))};
}

ActivationView PackQ8(const float* x, size_t tokens, size_t cols, size_t stride,
                      size_t token_begin, size_t token_end, uint8_t* buffer) {
  HWY_DASSERT(cols % kQ8BlockSize == 0);
  const Q8Layout layout(tokens, cols);
  const Q8Row all = FirstRow(layout, buffer);
  const size_t blocks = cols / kQ8BlockSize;
  for (size_t t = token_begin; t < token_end; ++t) {
    const size_t first = t * blocks;
    std::memset(all.quants + t * layout.stride + cols, 0, layout.stride - cols);
    HWY_DYNAMIC_DISPATCH(PackQ8T)
    (x + t * stride, cols,
     {.quants = all.quants + t * layout.stride,
      .scales = all.scales + first,
      .sums = all.sums + first,
      .half_sums = all.half_sums + first,
      .scaled_sums = all.scaled_sums + first,
      .half_scales = all.half_scales + 2 * first,
      .scaled_half_sums = all.scaled_half_sums + 2 * first});
  }
  return {.format = ActivationFormat::kQ8,
          .tokens = tokens,
          .cols = cols,
          .q8 = all.quants,
          .q8_stride = layout.stride,
          .scales = all.scales,
          .sums = all.sums,
          .half_sums = all.half_sums,
          .scaled_sums = all.scaled_sums,
          .half_scales = all.half_scales,
          .scaled_half_sums = all.scaled_half_sums};
}

ActivationView PackF32(const float* x, size_t tokens, size_t cols,
                       size_t stride, size_t token_begin, size_t token_end,
                       void* buffer) {
  auto* out = static_cast<float*>(buffer);
  if (stride != cols) {
    for (size_t t = token_begin; t < token_end; ++t) {
      std::copy_n(x + t * stride, cols, out + t * cols);
    }
  }
  return {.format = ActivationFormat::kF32,
          .tokens = tokens,
          .cols = cols,
          .f32 = stride == cols ? x : out};
}

}  // namespace

size_t ActivationBytes(ActivationFormat format, size_t tokens, size_t cols) {
  switch (format) {
    case ActivationFormat::kF32:
      return RoundUp(tokens * cols * sizeof(float));
    case ActivationFormat::kQ8:
      return Q8Layout(tokens, cols).total_bytes;
  }
  return 0;
}

ActivationView PackActivationRows(const float* x, size_t tokens, size_t cols,
                                  size_t stride, ActivationFormat format,
                                  size_t token_begin, size_t token_end,
                                  void* buffer) {
  HWY_DASSERT(token_begin <= token_end && token_end <= tokens);
  switch (format) {
    case ActivationFormat::kF32:
      return PackF32(x, tokens, cols, stride, token_begin, token_end, buffer);
    case ActivationFormat::kQ8:
      return PackQ8(x, tokens, cols, stride, token_begin, token_end,
                    static_cast<uint8_t*>(buffer));
  }
  return {};
}

ActivationView PackActivations(const float* x, size_t tokens, size_t cols,
                               size_t stride, ActivationFormat format,
                               void* buffer) {
  return PackActivationRows(x, tokens, cols, stride, format, 0, tokens, buffer);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
