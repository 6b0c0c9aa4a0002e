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

// Fills quants[32] with round(x / scale); returns their sum. The clamp matters
// where the scale is subnormal, and so imprecise.
int32_t QuantizeBlock(const float* HWY_RESTRICT x, float scale,
                      int8_t* HWY_RESTRICT quants) {
  const hn::CappedTag<float, 16> d;
  const hn::Rebind<int32_t, decltype(d)> di32;
  const hn::Rebind<int8_t, decltype(d)> di8;
  const auto divisor = hn::Set(d, scale);
  const auto limit = hn::Set(d, 127.0f);
  auto sum = hn::Zero(di32);
  for (size_t i = 0; i < kQ8BlockSize; i += hn::Lanes(d)) {
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
             int32_t* HWY_RESTRICT sums) {
  for (size_t b = 0; b < cols / kQ8BlockSize; ++b) {
    const float scale = ScaleOfBlock(x + b * kQ8BlockSize);
    scales[b] = scale;
    sums[b] = 0;
    int8_t* block = quants + b * kQ8BlockSize;
    if (scale > 0.0f) {
      sums[b] = QuantizeBlock(x + b * kQ8BlockSize, scale, block);
    } else {  // 0 or NaN; 0 * NaN makes the results NaN
      std::memset(block, 0, kQ8BlockSize);
    }
  }
}

void PackBF16T(const float* HWY_RESTRICT x, size_t cols,
               hwy::bfloat16_t* HWY_RESTRICT out) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::bfloat16_t, decltype(d)> dbf;
  const size_t N = hn::Lanes(d);
  size_t i = 0;
  for (; i + N <= cols; i += N) {
    hn::StoreU(hn::DemoteTo(dbf, hn::LoadU(d, x + i)), dbf, out + i);
  }
  if (i < cols) {
    const auto rest = hn::DemoteTo(dbf, hn::LoadN(d, x + i, cols - i));
    hn::StoreN(rest, dbf, out + i, cols - i);
  }
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
namespace {

HWY_EXPORT(PackQ8T);
HWY_EXPORT(PackBF16T);

constexpr size_t kAlign = 64;

size_t RoundUp(size_t bytes) {
  return (bytes + kAlign - 1) / kAlign * kAlign;
}

// The parts of a kQ8 buffer, in this order, each aligned.
struct Q8Layout {
  Q8Layout(size_t tokens, size_t cols)
      : scales_ofs(RoundUp(tokens * cols)),
        sums_ofs(scales_ofs + RoundUp(tokens * (cols / kQ8BlockSize) * 4)),
        total_bytes(sums_ofs + RoundUp(tokens * (cols / kQ8BlockSize) * 4)) {}
  size_t scales_ofs;  // bytes, as the next
  size_t sums_ofs;
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
  auto* scales = static_cast<float*>(scales_at);
  auto* sums = static_cast<int32_t*>(sums_at);
  for (size_t t = token_begin; t < token_end; ++t) {
    HWY_DYNAMIC_DISPATCH(PackQ8T)
    (x + t * stride, cols, quants + t * cols, scales + t * blocks,
     sums + t * blocks);
  }
  return {.format = ActivationFormat::kQ8,
          .tokens = tokens,
          .cols = cols,
          .q8 = quants,
          .scales = scales,
          .sums = sums};
}

ActivationView PackBF16(const float* x, size_t tokens, size_t cols,
                        size_t stride, size_t token_begin, size_t token_end,
                        void* buffer) {
  auto* out = static_cast<hwy::bfloat16_t*>(buffer);
  for (size_t t = token_begin; t < token_end; ++t) {
    HWY_DYNAMIC_DISPATCH(PackBF16T)(x + t * stride, cols, out + t * cols);
  }
  return {.format = ActivationFormat::kBF16,
          .tokens = tokens,
          .cols = cols,
          .bf16 = static_cast<const uint16_t*>(buffer)};
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

ActivationFormat DefaultFormat(WeightType type) {
  return type == WeightType::kQ8_0 ? ActivationFormat::kQ8
                                   : ActivationFormat::kF32;
}

size_t ActivationBytes(ActivationFormat format, size_t tokens, size_t cols) {
  switch (format) {
    case ActivationFormat::kF32:
      return RoundUp(tokens * cols * sizeof(float));
    case ActivationFormat::kBF16:
      return RoundUp(tokens * cols * sizeof(uint16_t));
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
    case ActivationFormat::kBF16:
      return PackBF16(x, tokens, cols, stride, token_begin, token_end, buffer);
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
