// SPDX-License-Identifier: Apache-2.0
// Single-query attention: scores, softmax and the weighted sum of the values in
// one dispatch. Keys and values are streamed once each.

#include "simd/attention.h"

#include "simd/elementwise.h"

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/attention.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
#include "hwy/highway.h"

#ifndef KRAIT_SIMD_ATTENTION_ONCE_
#define KRAIT_SIMD_ATTENTION_ONCE_
namespace krait::simd {
namespace {

// Consecutive rows of keys or values.
struct Rows {
  const float* rows;
  size_t count;
  size_t stride;
  size_t head_dim;
};

// Calls visit(rows, index of the first one) for the rows in each block.
template <class Visit>
void ForEachBlock(const AttentionInputs& in, const float* const* blocks,
                  const Visit& visit) {
  for (size_t at = in.begin; at < in.end;) {
    const size_t row = at % in.block_positions;
    const size_t rest = in.block_positions - row;
    const size_t count = rest < in.end - at ? rest : in.end - at;
    const float* block = blocks[at / in.block_positions];
    visit(Rows{block + row * in.stride + in.column, count, in.stride,
               in.head_dim},
          at - in.begin);
    at += count;
  }
}

}  // namespace
}  // namespace krait::simd
#endif  // KRAIT_SIMD_ATTENTION_ONCE_

HWY_BEFORE_NAMESPACE();
namespace krait::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// scores[i] = q . k_i, four rows at a time to overlap their latencies.
void ScoreRows(const Rows& in, const float* HWY_RESTRICT q,
               float* HWY_RESTRICT scores) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const size_t whole = in.head_dim - in.head_dim % lanes;
  for (size_t i = 0; i < in.count; i += 4) {
    const size_t last = in.count - 1;
    const float* k0 = in.rows + i * in.stride;
    const float* k1 = in.rows + HWY_MIN(i + 1, last) * in.stride;
    const float* k2 = in.rows + HWY_MIN(i + 2, last) * in.stride;
    const float* k3 = in.rows + HWY_MIN(i + 3, last) * in.stride;
    auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
    for (size_t c = 0; c < whole; c += lanes) {
      const auto x = hn::LoadU(d, q + c);
      s0 = hn::MulAdd(x, hn::LoadU(d, k0 + c), s0);
      s1 = hn::MulAdd(x, hn::LoadU(d, k1 + c), s1);
      s2 = hn::MulAdd(x, hn::LoadU(d, k2 + c), s2);
      s3 = hn::MulAdd(x, hn::LoadU(d, k3 + c), s3);
    }
    if (const size_t rest = in.head_dim - whole; rest != 0) {
      const auto x = hn::LoadN(d, q + whole, rest);
      s0 = hn::MulAdd(x, hn::LoadN(d, k0 + whole, rest), s0);
      s1 = hn::MulAdd(x, hn::LoadN(d, k1 + whole, rest), s1);
      s2 = hn::MulAdd(x, hn::LoadN(d, k2 + whole, rest), s2);
      s3 = hn::MulAdd(x, hn::LoadN(d, k3 + whole, rest), s3);
    }
    scores[i] = hn::ReduceSum(d, s0);
    if (i + 1 < in.count) scores[i + 1] = hn::ReduceSum(d, s1);
    if (i + 2 < in.count) scores[i + 2] = hn::ReduceSum(d, s2);
    if (i + 3 < in.count) scores[i + 3] = hn::ReduceSum(d, s3);
  }
}

// out += sum_i p_i v_i, a vector's width of the head at a time, so that the
// sums stay in registers.
void AddWeightedRows(const Rows& in, const float* HWY_RESTRICT p,
                     float* HWY_RESTRICT out) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t c = 0;
  for (; c + 2 * lanes <= in.head_dim; c += 2 * lanes) {
    auto s0 = hn::LoadU(d, out + c);
    auto s1 = hn::LoadU(d, out + c + lanes);
    const float* v = in.rows + c;
    for (size_t i = 0; i < in.count; ++i, v += in.stride) {
      const auto weight = hn::Set(d, p[i]);
      s0 = hn::MulAdd(weight, hn::LoadU(d, v), s0);
      s1 = hn::MulAdd(weight, hn::LoadU(d, v + lanes), s1);
    }
    hn::StoreU(s0, d, out + c);
    hn::StoreU(s1, d, out + c + lanes);
  }
  for (; c < in.head_dim; c += lanes) {
    const size_t count = HWY_MIN(lanes, in.head_dim - c);
    auto sum = hn::LoadN(d, out + c, count);
    const float* v = in.rows + c;
    for (size_t i = 0; i < in.count; ++i, v += in.stride) {
      sum = hn::MulAdd(hn::Set(d, p[i]), hn::LoadN(d, v, count), sum);
    }
    hn::StoreN(sum, d, out + c, count);
  }
}

void Scores(const AttentionInputs& in, const float* q, float* scores) {
  ForEachBlock(in, in.k, [&](const Rows& rows, size_t ofs) {
    ScoreRows(rows, q, scores + ofs);
  });
}

void WeightedSum(const AttentionInputs& in, const float* p, float* out) {
  for (size_t c = 0; c < in.head_dim; ++c) out[c] = 0.0f;
  ForEachBlock(in, in.v, [&](const Rows& rows, size_t ofs) {
    AddWeightedRows(rows, p + ofs, out);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(Scores);
HWY_EXPORT(WeightedSum);

void Attend(const AttentionInputs& inputs, const float* q, float* scores,
            float* out) {
  HWY_DASSERT(inputs.begin < inputs.end);
  HWY_DYNAMIC_DISPATCH(Scores)(inputs, q, scores);
  Softmax(inputs.scale, inputs.end - inputs.begin, scores);
  HWY_DYNAMIC_DISPATCH(WeightedSum)(inputs, scores, out);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
