// SPDX-License-Identifier: Apache-2.0
#include "simd/rope.h"

#include <cmath>

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/rope.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

using FloatTag = hn::ScalableTag<float>;
using FloatVec = hn::Vec<FloatTag>;

// Rotates the pair by the angle: (a + ib) * (c + is).
HWY_INLINE void Rotate(FloatVec c, FloatVec s, FloatVec& a, FloatVec& b) {
  const FloatVec rotated_a = hn::NegMulAdd(b, s, hn::Mul(a, c));
  b = hn::MulAdd(a, s, hn::Mul(b, c));
  a = rotated_a;
}

void RotateAdjacent(const float* HWY_RESTRICT cos,
                    const float* HWY_RESTRICT sin, size_t pairs,
                    float* HWY_RESTRICT x) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= pairs; i += lanes) {
    FloatVec a;
    FloatVec b;
    hn::LoadInterleaved2(d, x + 2 * i, a, b);
    Rotate(hn::LoadU(d, cos + i), hn::LoadU(d, sin + i), a, b);
    hn::StoreInterleaved2(a, b, d, x + 2 * i);
  }
  for (; i < pairs; ++i) {
    const float a = x[2 * i];
    const float b = x[2 * i + 1];
    x[2 * i] = a * cos[i] - b * sin[i];
    x[2 * i + 1] = a * sin[i] + b * cos[i];
  }
}

void RotateHalfSplit(const float* HWY_RESTRICT cos,
                     const float* HWY_RESTRICT sin, size_t pairs,
                     float* HWY_RESTRICT x) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= pairs; i += lanes) {
    FloatVec a = hn::LoadU(d, x + i);
    FloatVec b = hn::LoadU(d, x + pairs + i);
    Rotate(hn::LoadU(d, cos + i), hn::LoadU(d, sin + i), a, b);
    hn::StoreU(a, d, x + i);
    hn::StoreU(b, d, x + pairs + i);
  }
  if (i < pairs) {
    const size_t rest = pairs - i;
    FloatVec a = hn::LoadN(d, x + i, rest);
    FloatVec b = hn::LoadN(d, x + pairs + i, rest);
    Rotate(hn::LoadN(d, cos + i, rest), hn::LoadN(d, sin + i, rest), a, b);
    hn::StoreN(a, d, x + i, rest);
    hn::StoreN(b, d, x + pairs + i, rest);
  }
}

}  // namespace

void Rope(RopePairing pairing, const float* cos, const float* sin, size_t heads,
          size_t head_dim, size_t dim, float* x) {
  HWY_DASSERT(dim % 2 == 0 && dim <= head_dim);
  for (size_t head = 0; head < heads; ++head, x += head_dim) {
    if (pairing == RopePairing::kAdjacent) {
      RotateAdjacent(cos, sin, dim / 2, x);
    } else {
      RotateHalfSplit(cos, sin, dim / 2, x);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(Rope);

void RopeAngles(uint64_t position, std::span<const double> frequencies,
                float* cos, float* sin) {
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double angle = static_cast<double>(position) * frequencies[i];
    cos[i] = static_cast<float>(std::cos(angle));
    sin[i] = static_cast<float>(std::sin(angle));
  }
}

void Rope(RopePairing pairing, const float* cos, const float* sin, size_t heads,
          size_t head_dim, size_t dim, float* x) {
  HWY_DYNAMIC_DISPATCH(Rope)(pairing, cos, sin, heads, head_dim, dim, x);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
