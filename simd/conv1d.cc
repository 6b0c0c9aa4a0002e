// SPDX-License-Identifier: Apache-2.0
// A vector of channels at a time, tokens inner: the taps, the bias and the last
// inputs stay in registers, so that each input is read once and the output may
// overwrite it. Every output is computed in the same order of operations,
// whatever the number of tokens and the split of channels, so that blocks of
// any length give the same bits.
#include "simd/conv1d.h"

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/conv1d.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif

#include "hwy/highway.h"
#include "simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd {
namespace HWY_NAMESPACE {
namespace {

using FloatTag = hn::ScalableTag<float>;
using FloatVec = hn::Vec<FloatTag>;

// The pointers of CausalConv1dSilu, moved to the first channel of a vector.
struct Columns {
  const float* weight;  // [width, channels]
  const float* bias;    // or nullptr
  const float* x;       // [tokens, x_stride]
  float* window;        // [width - 1, channels]
  float* y;             // [tokens, y_stride]
  size_t channels;
  size_t tokens;
  size_t x_stride;
  size_t y_stride;
};

// Loads or stores a whole vector, or its first `count` lanes.
template <bool kWhole>
HWY_INLINE FloatVec Load(FloatTag d, const float* p, size_t count) {
  if constexpr (kWhole) return hn::LoadU(d, p);
  return hn::LoadN(d, p, count);
}

template <bool kWhole>
HWY_INLINE void Store(FloatVec v, FloatTag d, float* p, size_t count) {
  if constexpr (kWhole) {
    hn::StoreU(v, d, p);
  } else {
    hn::StoreN(v, d, p, count);
  }
}

template <bool kWhole>
HWY_INLINE FloatVec LoadBias(FloatTag d, const Columns& c, size_t count) {
  if (c.bias == nullptr) return hn::Zero(d);
  return Load<kWhole>(d, c.bias, count);
}

// kWidth 1..4: the window is in registers. Taps and inputs are numbered from
// the end (3 is the newest), so that a narrower filter leaves out the first.
template <size_t kWidth, bool kWhole>
HWY_INLINE void FilterNarrow(FloatTag d, const Columns& c, size_t count) {
  const auto load = [&](const float* base, size_t row) HWY_ATTR {
    return Load<kWhole>(d, base + row * c.channels, count);
  };
  FloatVec tap0 = hn::Zero(d);
  FloatVec tap1 = tap0;
  FloatVec tap2 = tap0;
  FloatVec in0 = tap0;
  FloatVec in1 = tap0;
  FloatVec in2 = tap0;
  if constexpr (kWidth >= 4) tap0 = load(c.weight, kWidth - 4);
  if constexpr (kWidth >= 3) tap1 = load(c.weight, kWidth - 3);
  if constexpr (kWidth >= 2) tap2 = load(c.weight, kWidth - 2);
  const FloatVec tap3 = load(c.weight, kWidth - 1);
  if constexpr (kWidth >= 4) in0 = load(c.window, kWidth - 4);
  if constexpr (kWidth >= 3) in1 = load(c.window, kWidth - 3);
  if constexpr (kWidth >= 2) in2 = load(c.window, kWidth - 2);
  const FloatVec bias = LoadBias<kWhole>(d, c, count);
  for (size_t t = 0; t < c.tokens; ++t) {
    const FloatVec in3 = Load<kWhole>(d, c.x + t * c.x_stride, count);
    FloatVec sum = bias;
    if constexpr (kWidth >= 4) sum = hn::MulAdd(tap0, in0, sum);
    if constexpr (kWidth >= 3) sum = hn::MulAdd(tap1, in1, sum);
    if constexpr (kWidth >= 2) sum = hn::MulAdd(tap2, in2, sum);
    sum = hn::MulAdd(tap3, in3, sum);
    Store<kWhole>(SiluOf(d, sum), d, c.y + t * c.y_stride, count);
    in0 = in1;
    in1 = in2;
    in2 = in3;
  }
  const auto store = [&](FloatVec v, size_t row) HWY_ATTR {
    Store<kWhole>(v, d, c.window + row * c.channels, count);
  };
  if constexpr (kWidth >= 4) store(in0, kWidth - 4);
  if constexpr (kWidth >= 3) store(in1, kWidth - 3);
  if constexpr (kWidth >= 2) store(in2, kWidth - 2);
}

// Any width: the window stays in memory and is moved up by a row per token. No
// published model needs it.
template <bool kWhole>
HWY_INLINE void FilterWide(FloatTag d, const Columns& c, size_t width,
                           size_t count) {
  const FloatVec bias = LoadBias<kWhole>(d, c, count);
  for (size_t t = 0; t < c.tokens; ++t) {
    const FloatVec newest = Load<kWhole>(d, c.x + t * c.x_stride, count);
    FloatVec sum = bias;
    for (size_t k = 0; k + 1 < width; ++k) {
      float* row = c.window + k * c.channels;
      const FloatVec input = Load<kWhole>(d, row, count);
      const FloatVec tap = Load<kWhole>(d, c.weight + k * c.channels, count);
      sum = hn::MulAdd(tap, input, sum);
      const FloatVec next =
          k + 2 < width ? Load<kWhole>(d, row + c.channels, count) : newest;
      Store<kWhole>(next, d, row, count);
    }
    const FloatVec tap =
        Load<kWhole>(d, c.weight + (width - 1) * c.channels, count);
    sum = hn::MulAdd(tap, newest, sum);
    Store<kWhole>(SiluOf(d, sum), d, c.y + t * c.y_stride, count);
  }
}

template <bool kWhole>
HWY_INLINE void Filter(FloatTag d, const Columns& c, size_t width,
                       size_t count) {
  switch (width) {
    case 1:
      return FilterNarrow<1, kWhole>(d, c, count);
    case 2:
      return FilterNarrow<2, kWhole>(d, c, count);
    case 3:
      return FilterNarrow<3, kWhole>(d, c, count);
    case 4:
      return FilterNarrow<4, kWhole>(d, c, count);
    default:
      return FilterWide<kWhole>(d, c, width, count);
  }
}

}  // namespace

void CausalConv1dSilu(const CausalConv1d& conv, size_t channel_begin,
                      size_t channel_end, size_t tokens, const float* x,
                      size_t x_stride, float* window, float* y,
                      size_t y_stride) {
  HWY_DASSERT(conv.width >= 1 && channel_end <= conv.channels);
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  for (size_t c = channel_begin; c < channel_end; c += lanes) {
    const Columns columns{.weight = conv.weight + c,
                          .bias = conv.bias ? conv.bias + c : nullptr,
                          .x = x + c,
                          .window = conv.width > 1 ? window + c : nullptr,
                          .y = y + c,
                          .channels = conv.channels,
                          .tokens = tokens,
                          .x_stride = x_stride,
                          .y_stride = y_stride};
    const size_t count = channel_end - c;
    if (count >= lanes) {
      Filter<true>(d, columns, conv.width, lanes);
    } else {
      Filter<false>(d, columns, conv.width, count);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(CausalConv1dSilu);

void CausalConv1dSilu(const CausalConv1d& conv, size_t channel_begin,
                      size_t channel_end, size_t tokens, const float* x,
                      size_t x_stride, float* window, float* y,
                      size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(CausalConv1dSilu)
  (conv, channel_begin, channel_end, tokens, x, x_stride, window, y, y_stride);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
