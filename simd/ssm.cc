// SPDX-License-Identifier: Apache-2.0
// The decode step: each head's state is streamed once, read and written, with
// a few multiply-adds per element, so that memory or cache bandwidth is the
// limit. A strip of kStrip vectors of head_dim runs down the state with x and
// y in registers; at 64 columns and 16 lanes it is a whole row.
#include "simd/ssm.h"

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/ssm.cc"
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

// One head of one token.
struct HeadStep {
  float decay;        // exp(dt * A)
  float dt;           // scales x on its way into the state
  float d;            // of the skip connection
  size_t state_size;  // rows of the state
  size_t head_dim;    // columns of the state
  const float* x;     // [head_dim]
  const float* b;     // [state_size]
  const float* c;     // [state_size]
  float* state;       // [state_size, head_dim]
  float* y;           // [head_dim]
};

// s = decay * s + b * x, y += c * s for one vector.
HWY_INLINE FloatVec Advance(FloatVec s, FloatVec decay, FloatVec b, FloatVec x,
                            FloatVec c, FloatVec& y) {
  s = hn::MulAdd(b, x, hn::Mul(decay, s));
  y = hn::MulAdd(c, s, y);
  return s;
}

// Four vectors of columns from `col` on.
void StepStripOfFour(const HeadStep& head, size_t col) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const FloatVec decay = hn::Set(d, head.decay);
  const FloatVec dt = hn::Set(d, head.dt);
  const float* HWY_RESTRICT x = head.x + col;
  const FloatVec x0 = hn::Mul(dt, hn::LoadU(d, x));
  const FloatVec x1 = hn::Mul(dt, hn::LoadU(d, x + lanes));
  const FloatVec x2 = hn::Mul(dt, hn::LoadU(d, x + 2 * lanes));
  const FloatVec x3 = hn::Mul(dt, hn::LoadU(d, x + 3 * lanes));
  FloatVec y0 = hn::Zero(d);
  FloatVec y1 = y0;
  FloatVec y2 = y0;
  FloatVec y3 = y0;
  float* HWY_RESTRICT row = head.state + col;
  for (size_t n = 0; n < head.state_size; ++n, row += head.head_dim) {
    const FloatVec b = hn::Set(d, head.b[n]);
    const FloatVec c = hn::Set(d, head.c[n]);
    const FloatVec s0 = hn::LoadU(d, row);
    const FloatVec s1 = hn::LoadU(d, row + lanes);
    const FloatVec s2 = hn::LoadU(d, row + 2 * lanes);
    const FloatVec s3 = hn::LoadU(d, row + 3 * lanes);
    hn::StoreU(Advance(s0, decay, b, x0, c, y0), d, row);
    hn::StoreU(Advance(s1, decay, b, x1, c, y1), d, row + lanes);
    hn::StoreU(Advance(s2, decay, b, x2, c, y2), d, row + 2 * lanes);
    hn::StoreU(Advance(s3, decay, b, x3, c, y3), d, row + 3 * lanes);
  }
  const FloatVec skip = hn::Set(d, head.d);
  float* HWY_RESTRICT y = head.y + col;
  hn::StoreU(hn::MulAdd(skip, hn::LoadU(d, x), y0), d, y);
  hn::StoreU(hn::MulAdd(skip, hn::LoadU(d, x + lanes), y1), d, y + lanes);
  hn::StoreU(hn::MulAdd(skip, hn::LoadU(d, x + 2 * lanes), y2), d,
             y + 2 * lanes);
  hn::StoreU(hn::MulAdd(skip, hn::LoadU(d, x + 3 * lanes), y3), d,
             y + 3 * lanes);
}

// One vector of columns, of which the first `count` exist.
void StepStripOfOne(const HeadStep& head, size_t col, size_t count) {
  const FloatTag d;
  const FloatVec decay = hn::Set(d, head.decay);
  const FloatVec x = hn::LoadN(d, head.x + col, count);
  const FloatVec scaled_x = hn::Mul(hn::Set(d, head.dt), x);
  FloatVec y = hn::Zero(d);
  float* HWY_RESTRICT row = head.state + col;
  for (size_t n = 0; n < head.state_size; ++n, row += head.head_dim) {
    const FloatVec s = hn::LoadN(d, row, count);
    hn::StoreN(Advance(s, decay, hn::Set(d, head.b[n]), scaled_x,
                       hn::Set(d, head.c[n]), y),
               d, row, count);
  }
  hn::StoreN(hn::MulAdd(hn::Set(d, head.d), x, y), d, head.y + col, count);
}

void StepHead(const HeadStep& head) {
  const size_t lanes = hn::Lanes(FloatTag());
  size_t col = 0;
  for (; col + 4 * lanes <= head.head_dim; col += 4 * lanes) {
    StepStripOfFour(head, col);
  }
  for (; col < head.head_dim; col += lanes) {
    StepStripOfOne(head, col, HWY_MIN(lanes, head.head_dim - col));
  }
}

}  // namespace

void SsmStep(const SsmInputs& in, size_t head_begin, size_t head_end,
             float* states, float* y) {
  HWY_DASSERT(in.tokens == 1 && head_end <= in.heads);
  HWY_DASSERT(in.groups >= 1 && in.heads % in.groups == 0);
  const size_t heads_per_group = in.heads / in.groups;
  const FloatTag d;
  for (size_t h = head_begin; h < head_end; ++h) {
    const size_t group = h / heads_per_group;
    const FloatVec exponent = hn::Set(d, in.dt[h] * in.a[h]);
    StepHead({.decay = hn::GetLane(ExpOfNonPositive(d, exponent)),
              .dt = in.dt[h],
              .d = in.d[h],
              .state_size = in.state,
              .head_dim = in.head_dim,
              .x = in.x + h * in.head_dim,
              .b = in.b + group * in.state,
              .c = in.c + group * in.state,
              .state = states + h * in.state * in.head_dim,
              .y = y + h * in.head_dim});
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(SsmStep);

void SsmStep(const SsmInputs& inputs, size_t head_begin, size_t head_end,
             float* states, float* y) {
  HWY_DYNAMIC_DISPATCH(SsmStep)(inputs, head_begin, head_end, states, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
