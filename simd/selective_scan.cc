// SPDX-License-Identifier: Apache-2.0
// A vector of channels at a time, tokens inner. What dominates is one
// exponential per channel, token and element of the state; they are independent
// of each other. The state of the vector's channels and their A are copied to
// the stack first: in [state, channels] their rows are all in one or two sets
// of the L1 cache where channels is a multiple of 512.
#include "simd/selective_scan.h"

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/selective_scan.cc"
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

// Rows of the state that are on the stack at a time: all of most models.
constexpr size_t kStackRows = 16;

// The rows [row, row + rows) of a vector of channels, of which the first
// `count` exist.
struct Tile {
  size_t channel;
  size_t count;
  size_t row;
  size_t rows;
  HWY_ALIGN float a[kStackRows * hn::MaxLanes(FloatTag())];
  HWY_ALIGN float s[kStackRows * hn::MaxLanes(FloatTag())];
};

HWY_INLINE void LoadTile(const SelectiveScanInputs& in, const float* from,
                         Tile& tile) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < tile.rows; ++i) {
    const size_t at = (tile.row + i) * in.channels + tile.channel;
    hn::Store(hn::LoadN(d, in.a + at, tile.count), d, tile.a + i * lanes);
    hn::Store(hn::LoadN(d, from + at, tile.count), d, tile.s + i * lanes);
  }
}

HWY_INLINE void StoreTile(const SelectiveScanInputs& in, const Tile& tile,
                          float* to) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < tile.rows; ++i) {
    const size_t at = (tile.row + i) * in.channels + tile.channel;
    hn::StoreN(hn::Load(d, tile.s + i * lanes), d, to + at, tile.count);
  }
}

// One token: the tile's rows of S, and with kOutput what they add to `y`.
template <bool kOutput>
HWY_INLINE FloatVec Advance(FloatVec dt, FloatVec x,
                            const float* HWY_RESTRICT b,
                            const float* HWY_RESTRICT c, Tile& tile,
                            FloatVec y) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const FloatVec input = hn::Mul(dt, x);
  for (size_t i = 0; i < tile.rows; ++i) {
    float* HWY_RESTRICT row = tile.s + i * lanes;
    const FloatVec a = hn::Load(d, tile.a + i * lanes);
    const FloatVec decay = ExpOfNonPositive(d, hn::Mul(dt, a));
    const FloatVec s =
        hn::MulAdd(input, hn::Set(d, b[i]), hn::Mul(decay, hn::Load(d, row)));
    hn::Store(s, d, row);
    if constexpr (kOutput) y = hn::MulAdd(hn::Set(d, c[i]), s, y);
  }
  return y;
}

void ScanTile(const SelectiveScanInputs& in, Tile& tile, float* y,
              size_t y_stride) {
  const FloatTag d;
  const auto load = [&](const float* p) HWY_ATTR {
    return hn::LoadN(d, p + tile.channel, tile.count);
  };
  const FloatVec skip = load(in.d);
  for (size_t t = 0; t < in.tokens; ++t) {
    const FloatVec dt = load(in.dt + t * in.dt_stride);
    const FloatVec x = load(in.x + t * in.x_stride);
    const float* b = in.b + t * in.b_stride + tile.row;
    const float* c = in.c + t * in.c_stride + tile.row;
    if (t < in.first_output) {
      Advance<false>(dt, x, b, c, tile, skip);
      continue;
    }
    float* out = y + t * y_stride;
    const FloatVec before = tile.row == 0 ? hn::Mul(skip, x) : load(out);
    hn::StoreN(Advance<true>(dt, x, b, c, tile, before), d, out + tile.channel,
               tile.count);
  }
}

}  // namespace

void SelectiveScan(const SelectiveScanInputs& in, size_t channel_begin,
                   size_t channel_end, const float* from, float* to, float* y,
                   size_t y_stride) {
  HWY_DASSERT(channel_end <= in.channels);
  const size_t lanes = hn::Lanes(FloatTag());
  Tile tile;
  for (size_t c = channel_begin; c < channel_end; c += lanes) {
    tile.channel = c;
    tile.count = HWY_MIN(lanes, channel_end - c);
    for (size_t row = 0; row < in.state; row += kStackRows) {
      tile.row = row;
      tile.rows = HWY_MIN(kStackRows, in.state - row);
      LoadTile(in, from, tile);
      ScanTile(in, tile, y, y_stride);
      if (to != nullptr) StoreTile(in, tile, to);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(SelectiveScan);

void SelectiveScan(const SelectiveScanInputs& inputs, size_t channel_begin,
                   size_t channel_end, const float* from, float* to, float* y,
                   size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(SelectiveScan)
  (inputs, channel_begin, channel_end, from, to, y, y_stride);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
