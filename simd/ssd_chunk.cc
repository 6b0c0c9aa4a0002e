// SPDX-License-Identifier: Apache-2.0
// The chunked form of the recurrence. Once per group: C transposed, B packed,
// and the products B_s . C_t of all pairs of tokens with s <= t. Then per head
//   M[t, s] = (C_t . B_s) exp(cum_t - cum_s) dt_s, plus D where t == s
//   Y       = exp(cum) * (C S) + M X           (lower triangle of M)
//   S       = exp(cum_last) * S + B^T (exp(cum_last - cum_s) dt_s X)
// as register-tiled products, in which head_dim runs along the vectors. The
// left operands are stored by columns, so that a tile reads consecutive
// floats; everything is packed into the scratch, because the rows of the
// inputs lie a power of two apart in large models and would fall into the same
// few sets of the cache. y_t is computed from the tokens up to t only, by
// operations whose order does not depend on the length of the chunk.
#include "simd/ssm.h"

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/ssd_chunk.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif

#include "hwy/highway.h"
#include "simd/math-inl.h"
#include "simd/tile_product-inl.h"

#ifndef KRAIT_SIMD_SSD_CHUNK_ONCE_
#define KRAIT_SIMD_SSD_CHUNK_ONCE_
namespace krait::simd {
namespace {

// Row length of everything that is indexed by two tokens or has tokens inside.
constexpr size_t kTokens = kSsdMaxChunk;

// Rounds up to whole cache lines, in floats.
constexpr size_t WholeLines(size_t floats) {
  return (floats + 15) / 16 * 16;
}

// The scratch of one thread.
struct Workspace {
  Workspace(size_t head_dim, size_t state, float* scratch)
      : c_columns(scratch),
        b(c_columns + state * kTokens),
        gram(b + WholeLines(kTokens * state)),
        mix(gram + kTokens * kTokens),
        x(mix + kTokens * kTokens),
        cum_high(x + WholeLines(kTokens * head_dim)),
        cum_low(cum_high + kTokens),
        decay(cum_low + kTokens),
        input_scale(decay + kTokens),
        dt(input_scale + kTokens),
        weight(dt + kTokens) {}

  static constexpr size_t Floats(size_t head_dim, size_t state) {
    return kTokens * state + WholeLines(kTokens * state) +
           2 * kTokens * kTokens + WholeLines(kTokens * head_dim) + 6 * kTokens;
  }

  float* c_columns;  // [state, kTokens]: C transposed, zeros after the last
  float* b;          // [tokens, state]
  float* gram;       // [kTokens (s), kTokens (t)]: B_s . C_t, t >= s
  float* mix;        // [kTokens (s), kTokens (t)]: M transposed, t >= s
  float* x;          // [tokens, head_dim]
  // cum_t as the sum of two floats, so that differences of large sums are as
  // exact as the terms; after the last token it repeats.
  float* cum_high;     // [kTokens]
  float* cum_low;      // [kTokens]
  float* decay;        // [kTokens]: exp(cum_t)
  float* input_scale;  // [kTokens]: exp(cum_last - cum_s) * dt_s
  float* dt;           // [kTokens], zeros after the last token
  float* weight;       // [kTokens]: exp(cum_first - cum_s) * dt_s, s < first
};

}  // namespace
}  // namespace krait::simd
#endif  // KRAIT_SIMD_SSD_CHUNK_ONCE_

HWY_BEFORE_NAMESPACE();
namespace krait::simd {
namespace HWY_NAMESPACE {
namespace {

// At most kTokens lanes, so that rows of kTokens floats are whole vectors.
using TokenTag = hn::CappedTag<float, kTokens>;
using TokenVec = hn::Vec<TokenTag>;

using GramKind = TileKind<TileInit::kZero, false, false>;
using OutputKind = TileKind<TileInit::kProduct, true, true>;
using StateKind = TileKind<TileInit::kOutput, false, true>;

void CopyRows(const float* HWY_RESTRICT from, size_t from_stride, size_t rows,
              size_t cols, float* HWY_RESTRICT to) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  for (size_t row = 0; row < rows; ++row, from += from_stride, to += cols) {
    size_t i = 0;
    for (; i + lanes <= cols; i += lanes) {
      hn::StoreU(hn::LoadU(d, from + i), d, to + i);
    }
    for (; i < cols; ++i) to[i] = from[i];
  }
}

// Fills b for one group.
void PackB(const SsmInputs& in, size_t group, const Workspace& work) {
  CopyRows(in.b + group * in.state, in.b_stride, in.tokens, in.state, work.b);
}

// The first token of the vector that the first output is in.
size_t FirstMixed(const SsmInputs& in) {
  const size_t lanes = hn::Lanes(TokenTag());
  return in.first_output / lanes * lanes;
}

// Fills c_columns and, from b, gram for one group, from the first output on.
void PrepareGram(const SsmInputs& in, size_t group, const Workspace& work) {
  const TokenTag d;
  const size_t lanes = hn::Lanes(d);
  const float* c = in.c + group * in.state;
  const size_t padded_tokens = hwy::RoundUpTo(in.tokens, lanes);
  const size_t first = FirstMixed(in);
  for (size_t t = first; t < padded_tokens; ++t) {
    const float* row = c + t * in.c_stride;
    for (size_t n = 0; n < in.state; ++n) {
      work.c_columns[n * kTokens + t] = t < in.tokens ? row[n] : 0.0f;
    }
  }
  // A band of rows at a time, from its diagonal on.
  for (size_t s = 0; s < in.tokens; s += kTileRows) {
    TileProduct product;
    product.second = {.a = work.b + s * in.state,
                      .a_row = in.state,
                      .a_k = 1,
                      .b = work.c_columns,
                      .b_k = kTokens,
                      .depth = in.state};
    product.c = work.gram + s * kTokens;
    product.c_row = kTokens;
    ComputeProduct<GramKind>(d, product, HWY_MIN(kTileRows, in.tokens - s),
                             padded_tokens, 0,
                             HWY_MAX(first, s / lanes * lanes));
  }
}

// The difference of two sums, each given as two floats.
HWY_INLINE TokenVec Difference(TokenVec high, TokenVec low, TokenVec minus_high,
                               TokenVec minus_low) {
  return hn::Add(hn::Sub(high, minus_high), hn::Sub(low, minus_low));
}

// Fills dt, cum_high, cum_low, decay and input_scale for one head; returns
// exp(cum_last).
float PrepareDecays(const SsmInputs& in, size_t head, const Workspace& work) {
  double sum = 0.0;
  const double a = static_cast<double>(in.a[head]);
  for (size_t t = 0; t < kTokens; ++t) {
    work.dt[t] = t < in.tokens ? in.dt[t * in.dt_stride + head] : 0.0f;
    sum += static_cast<double>(work.dt[t]) * a;
    work.cum_high[t] = static_cast<float>(sum);
    work.cum_low[t] =
        static_cast<float>(sum - static_cast<double>(work.cum_high[t]));
  }
  const TokenTag d;
  const TokenVec last_high = hn::Set(d, work.cum_high[kTokens - 1]);
  const TokenVec last_low = hn::Set(d, work.cum_low[kTokens - 1]);
  for (size_t t = 0; t < in.tokens; t += hn::Lanes(d)) {
    const TokenVec high = hn::LoadU(d, work.cum_high + t);
    const TokenVec low = hn::LoadU(d, work.cum_low + t);
    const TokenVec dt = hn::LoadU(d, work.dt + t);
    const TokenVec to_end =
        ExpOfNonPositive(d, Difference(last_high, last_low, high, low));
    hn::StoreU(ExpOfNonPositive(d, high), d, work.decay + t);
    hn::StoreU(hn::Mul(to_end, dt), d, work.input_scale + t);
  }
  return work.decay[in.tokens - 1];
}

// mix[s, t] of the tokens t from `first` on (a vector of them) and all s before
// `first`. The decay from s to t is the product of those from s to `first` and
// from `first` to t: two factors of at most one, so that the exponentials are
// taken per token and not per pair.
void MixWithEarlier(size_t first, const Workspace& work) {
  const TokenTag d;
  const TokenVec first_high = hn::Set(d, work.cum_high[first]);
  const TokenVec first_low = hn::Set(d, work.cum_low[first]);
  for (size_t s = 0; s < first; s += hn::Lanes(d)) {
    const TokenVec decay = ExpOfNonPositive(
        d, Difference(first_high, first_low, hn::LoadU(d, work.cum_high + s),
                      hn::LoadU(d, work.cum_low + s)));
    hn::StoreU(hn::Mul(decay, hn::LoadU(d, work.dt + s)), d, work.weight + s);
  }
  const TokenVec decay = ExpOfNonPositive(
      d, Difference(hn::LoadU(d, work.cum_high + first),
                    hn::LoadU(d, work.cum_low + first), first_high, first_low));
  for (size_t s = 0; s < first; ++s) {
    const size_t at = s * kTokens + first;
    const TokenVec scale = hn::Mul(decay, hn::Set(d, work.weight[s]));
    hn::StoreU(hn::Mul(hn::LoadU(d, work.gram + at), scale), d, work.mix + at);
  }
}

// mix[s, t] of the tokens t from `first` on (a vector of them) and the s from
// `first` up to `end`, pair by pair.
void MixWithEachOther(size_t first, size_t end, float skip,
                      const Workspace& work) {
  const TokenTag d;
  const TokenVec high = hn::LoadU(d, work.cum_high + first);
  const TokenVec low = hn::LoadU(d, work.cum_low + first);
  for (size_t s = first; s < end; ++s) {
    const size_t at = s * kTokens + first;
    const TokenVec exponent = Difference(
        high, low, hn::Set(d, work.cum_high[s]), hn::Set(d, work.cum_low[s]));
    // Positive for t < s only, where the result is not used.
    const TokenVec decay = ExpOfNonPositive(d, hn::Min(exponent, hn::Zero(d)));
    const TokenVec scale = hn::Mul(decay, hn::Set(d, work.dt[s]));
    hn::StoreU(hn::Mul(hn::LoadU(d, work.gram + at), scale), d, work.mix + at);
    work.mix[s * kTokens + s] += skip;
  }
}

// Fills mix for one head from gram and the decays, from the first output on.
void MixTokens(const SsmInputs& in, size_t head, const Workspace& work) {
  const size_t lanes = hn::Lanes(TokenTag());
  for (size_t first = FirstMixed(in); first < in.tokens; first += lanes) {
    MixWithEarlier(first, work);
    MixWithEachOther(first, HWY_MIN(first + lanes, in.tokens), in.d[head],
                     work);
  }
}

// x[s, :] *= input_scale[s]
void ScaleInputs(size_t tokens, size_t head_dim, const Workspace& work) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  for (size_t s = 0; s < tokens; ++s) {
    const auto scale = hn::Set(d, work.input_scale[s]);
    float* HWY_RESTRICT x = work.x + s * head_dim;
    size_t i = 0;
    for (; i + lanes <= head_dim; i += lanes) {
      hn::StoreU(hn::Mul(hn::LoadU(d, x + i), scale), d, x + i);
    }
    for (; i < head_dim; ++i) x[i] *= work.input_scale[s];
  }
}

// y[first_output.., head_dim] = exp(cum) * (C S) + M X, with row y_stride.
void ChunkOutput(const SsmInputs& in, size_t head, const Workspace& work,
                 const float* state, float* y, size_t y_stride) {
  MixTokens(in, head, work);
  TileProduct output;
  output.first = {.a = work.c_columns,
                  .a_row = 1,
                  .a_k = kTokens,
                  .b = state,
                  .b_k = in.head_dim,
                  .depth = in.state};
  output.second = {.a = work.mix,
                   .a_row = 1,
                   .a_k = kTokens,
                   .b = work.x,
                   .b_k = in.head_dim,
                   .depth = in.tokens};
  output.scale = work.decay;
  output.scale_row = 1;
  output.c = y;
  output.c_row = y_stride;
  ComputeProduct<OutputKind>(hn::ScalableTag<float>(), output, in.tokens,
                             in.head_dim, in.first_output);
}

// Updates state[state, head_dim]; spoils work.x.
void ChunkState(const SsmInputs& in, const Workspace& work, float whole_decay,
                float* state) {
  ScaleInputs(in.tokens, in.head_dim, work);
  TileProduct update;
  update.second = {.a = work.b,
                   .a_row = 1,
                   .a_k = in.state,
                   .b = work.x,
                   .b_k = in.head_dim,
                   .depth = in.tokens};
  update.scale = &whole_decay;
  update.c = state;
  update.c_row = in.head_dim;
  ComputeProduct<StateKind>(hn::ScalableTag<float>(), update, in.state,
                            in.head_dim);
}

}  // namespace

void SsdChunk(const SsmInputs& in, SsdParts parts, size_t head_begin,
              size_t head_end, float* states, float* y, size_t y_stride,
              void* scratch) {
  HWY_DASSERT(in.tokens >= 1 && in.tokens <= kSsdMaxChunk);
  HWY_DASSERT(in.first_output <= in.tokens);
  HWY_DASSERT(in.groups >= 1 && in.heads % in.groups == 0);
  HWY_DASSERT(head_end <= in.heads);
  const Workspace work(in.head_dim, in.state, static_cast<float*>(scratch));
  const size_t heads_per_group = in.heads / in.groups;
  for (size_t h = head_begin; h < head_end; ++h) {
    if (h == head_begin || h % heads_per_group == 0) {
      PackB(in, h / heads_per_group, work);
      if (parts != SsdParts::kState) PrepareGram(in, h / heads_per_group, work);
    }
    const float whole_decay = PrepareDecays(in, h, work);
    CopyRows(in.x + h * in.head_dim, in.x_stride, in.tokens, in.head_dim,
             work.x);
    float* state = states + h * in.state * in.head_dim;
    if (parts != SsdParts::kState) {
      ChunkOutput(in, h, work, state, y + h * in.head_dim, y_stride);
    }
    if (parts != SsdParts::kOutput) ChunkState(in, work, whole_decay, state);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(SsdChunk);

size_t SsdScratchBytes(size_t head_dim, size_t state) {
  return Workspace::Floats(head_dim, state) * sizeof(float);
}

void SsdChunk(const SsmInputs& inputs, SsdParts parts, size_t head_begin,
              size_t head_end, float* states, float* y, size_t y_stride,
              void* scratch) {
  HWY_DYNAMIC_DISPATCH(SsdChunk)
  (inputs, parts, head_begin, head_end, states, y, y_stride, scratch);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
