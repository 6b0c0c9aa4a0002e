// SPDX-License-Identifier: Apache-2.0
#include "simd/activations.h"

#include <algorithm>
#include <cstring>
#include <limits>

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

void PackQ8T(const float* HWY_RESTRICT x, size_t cols,
             int8_t* HWY_RESTRICT quants, float* HWY_RESTRICT scales,
             int32_t* HWY_RESTRICT sums, int32_t* HWY_RESTRICT half_sums) {
  constexpr size_t kHalf = kQ8BlockSize / 2;
  for (size_t b = 0; b < cols / kQ8BlockSize; ++b, x += kQ8BlockSize) {
    const float scale = ScaleOfBlock(x);
    scales[b] = scale;
    half_sums[b] = 0;
    sums[b] = 0;
    int8_t* block = quants + b * kQ8BlockSize;
    if (scale > 0.0f) {
      half_sums[b] = QuantizeHalf(x, scale, block);
      sums[b] = half_sums[b] + QuantizeHalf(x + kHalf, scale, block + kHalf);
    } else {  // 0 or NaN; 0 * NaN makes the results NaN
      std::memset(block, 0, kQ8BlockSize);
    }
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

// The parts of a kQ8 buffer, in this order, each aligned.
struct Q8Layout {
  Q8Layout(size_t tokens, size_t cols)
      : scales_ofs(RoundUp(tokens * cols)),
        sums_ofs(scales_ofs + RoundUp(tokens * (cols / kQ8BlockSize) * 4)),
        half_sums_ofs(sums_ofs + (sums_ofs - scales_ofs)),
        total_bytes(half_sums_ofs + (sums_ofs - scales_ofs)) {}
  size_t scales_ofs;  // bytes, as the next
  size_t sums_ofs;
  size_t half_sums_ofs;
  size_t total_bytes;
};

ActivationView PackQ8(const float* x, size_t tokens, size_t cols, size_t stride,
                      size_t token_begin, size_t token_end, uint8_t* buffer) {
  HWY_DASSERT(cols % kQ8BlockSize == 0);
  const Q8Layout layout(tokens, cols);
  const size_t blocks = cols / kQ8BlockSize;
  auto* quants = reinterpret_cast<int8_t*>(buffer);
  void* scales_at = buffer + layout.scales_ofs;
  void* sums_at = buffer + layout.sums_ofs;
  void* half_sums_at = buffer + layout.half_sums_ofs;
  auto* scales = static_cast<float*>(scales_at);
  auto* sums = static_cast<int32_t*>(sums_at);
  auto* half_sums = static_cast<int32_t*>(half_sums_at);
  for (size_t t = token_begin; t < token_end; ++t) {
    HWY_DYNAMIC_DISPATCH(PackQ8T)
    (x + t * stride, cols, quants + t * cols, scales + t * blocks,
     sums + t * blocks, half_sums + t * blocks);
  }
  return {.format = ActivationFormat::kQ8,
          .tokens = tokens,
          .cols = cols,
          .q8 = quants,
          .scales = scales,
          .sums = sums,
          .half_sums = half_sums};
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
