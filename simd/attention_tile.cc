// SPDX-License-Identifier: Apache-2.0
// Attention of a tile of queries. For each block of positions:
//   S     = (scale Q) K^T                   [queries, positions]
//   m'    = max(m, max_p S), P = exp(S - m')
//   sum   = exp(m - m') sum + sum_p P
//   O     = exp(m - m') O + P V             [queries, head_dim]
// and O / sum in the end. The products are register tiles, whose sums go along
// head_dim and along the positions; keys are transposed first, so that these
// run along the vectors.

#include "simd/attention.h"

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/attention_tile.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif

#include "hwy/highway.h"
#include "simd/math-inl.h"
#include "simd/tile_product-inl.h"

#ifndef KRAIT_SIMD_ATTENTION_TILE_ONCE_
#define KRAIT_SIMD_ATTENTION_TILE_ONCE_
namespace krait::simd {
namespace {

// The most positions of a block, and the row length of what they index.
constexpr size_t kPositions = 64;

// The scratch of one thread.
struct TileWorkspace {
  TileWorkspace(size_t queries, size_t head_dim, float* scratch)
      : keys(scratch),
        q(keys + head_dim * kPositions),
        weights(q + queries * head_dim),
        out(weights + queries * kPositions),
        largest(out + queries * head_dim),
        kept(largest + queries),
        sum(kept + queries) {}

  static constexpr size_t Floats(size_t queries, size_t head_dim) {
    return head_dim * kPositions + queries * (2 * head_dim + kPositions + 3);
  }

  float* keys;     // [head_dim, kPositions]: K transposed
  float* q;        // [queries, head_dim], times the scale
  float* weights;  // [queries, kPositions]: S, then P
  float* out;      // [queries, head_dim]: O
  float* largest;  // [queries]: m
  float* kept;     // [queries]: exp(m - m')
  float* sum;      // [queries]
};

// Positions [begin, end) of a block.
struct Seen {
  size_t begin;
  size_t end;
};

}  // namespace
}  // namespace krait::simd
#endif  // KRAIT_SIMD_ATTENTION_TILE_ONCE_

HWY_BEFORE_NAMESPACE();
namespace krait::simd {
namespace HWY_NAMESPACE {
namespace {

using ScoreKind = TileKind<TileInit::kZero, false, false>;
using ValueKind = TileKind<TileInit::kOutput, false, false>;

// Below all scores, and no infinity, whose differences are no numbers.
constexpr float kLowest = -3.0e38f;

// to[col, row] = from[row, col], four by four.
void Transpose(const float* HWY_RESTRICT from, size_t from_stride, size_t rows,
               size_t cols, float* HWY_RESTRICT to) {
  size_t row = 0;
#if HWY_TARGET != HWY_SCALAR  // has no vectors of four
  const hn::FixedTag<float, 4> d;
  const hn::RepartitionToWide<decltype(d)> d2;
  for (; row + 4 <= rows; row += 4) {
    const float* HWY_RESTRICT at = from + row * from_stride;
    size_t col = 0;
    for (; col + 4 <= cols; col += 4) {
      const auto r0 = hn::LoadU(d, at + col);
      const auto r1 = hn::LoadU(d, at + col + from_stride);
      const auto r2 = hn::LoadU(d, at + col + 2 * from_stride);
      const auto r3 = hn::LoadU(d, at + col + 3 * from_stride);
      const auto low01 = hn::BitCast(d2, hn::InterleaveLower(d, r0, r1));
      const auto low23 = hn::BitCast(d2, hn::InterleaveLower(d, r2, r3));
      const auto high01 = hn::BitCast(d2, hn::InterleaveUpper(d, r0, r1));
      const auto high23 = hn::BitCast(d2, hn::InterleaveUpper(d, r2, r3));
      float* HWY_RESTRICT out = to + col * kPositions + row;
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d2, low01, low23)), d, out);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d2, low01, low23)), d,
                 out + kPositions);
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d2, high01, high23)), d,
                 out + 2 * kPositions);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d2, high01, high23)), d,
                 out + 3 * kPositions);
    }
    for (; col < cols; ++col) {
      for (size_t i = 0; i < 4; ++i) {
        to[col * kPositions + row + i] = at[i * from_stride + col];
      }
    }
  }
#endif
  for (; row < rows; ++row) {
    for (size_t col = 0; col < cols; ++col) {
      to[col * kPositions + row] = from[row * from_stride + col];
    }
  }
}

// y = factor * x
void ScaledRow(const float* HWY_RESTRICT x, size_t size, float factor,
               float* HWY_RESTRICT y) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const auto scale = hn::Set(d, factor);
  for (size_t i = 0; i < size; i += lanes) {
    const size_t count = HWY_MIN(lanes, size - i);
    hn::StoreN(hn::Mul(scale, hn::LoadN(d, x + i, count)), d, y + i, count);
  }
}

void Begin(const AttentionTile& in, const TileWorkspace& work) {
  const size_t queries = in.tokens * in.heads;
  for (size_t i = 0; i < queries; ++i) {
    const float* q =
        in.q + i / in.heads * in.q_stride + i % in.heads * in.head_dim;
    ScaledRow(q, in.head_dim, in.scale, work.q + i * in.head_dim);
    work.largest[i] = kLowest;
    work.sum[i] = 0;
  }
  hwy::ZeroBytes(work.out, queries * in.head_dim * sizeof(float));
}

// S of `positions` keys.
void Score(const AttentionTile& in, const float* keys, size_t positions,
           const TileWorkspace& work) {
  Transpose(keys, in.stride, positions, in.head_dim, work.keys);
  TileProduct scores;
  scores.second = {.a = work.q,
                   .a_row = in.head_dim,
                   .a_k = 1,
                   .b = work.keys,
                   .b_k = kPositions,
                   .depth = in.head_dim};
  scores.c = work.weights;
  scores.c_row = kPositions;
  ComputeProduct<ScoreKind>(hn::CappedTag<float, kPositions>(), scores,
                            in.tokens * in.heads, positions);
}

// S to P for a query, which sees a part of the positions; zeros elsewhere.
void Weigh(size_t query, Seen seen, size_t positions,
           const TileWorkspace& work) {
  const hn::CappedTag<float, kPositions> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const size_t lanes = hn::Lanes(d);
  float* HWY_RESTRICT row = work.weights + query * kPositions;
  work.kept[query] = 1;
  if (seen.begin >= seen.end) {
    hwy::ZeroBytes(row, positions * sizeof(float));
    return;
  }
  // Of lanes that are outside, without a branch.
  const auto size = hn::Set(du, static_cast<uint32_t>(seen.end - seen.begin));
  const auto inside = [&](size_t i) HWY_ATTR {
    const auto at = hn::Sub(hn::Iota(du, static_cast<uint32_t>(i)),
                            hn::Set(du, static_cast<uint32_t>(seen.begin)));
    return hn::RebindMask(d, hn::Lt(at, size));
  };
  auto largest = hn::Set(d, work.largest[query]);
  for (size_t i = 0; i < positions; i += lanes) {
    const auto s = hn::LoadN(d, row + i, HWY_MIN(lanes, positions - i));
    largest = hn::Max(largest, hn::IfThenElse(inside(i), s, largest));
  }
  largest = hn::MaxOfLanes(d, largest);
  auto sum = hn::Zero(d);
  for (size_t i = 0; i < positions; i += lanes) {
    const size_t count = HWY_MIN(lanes, positions - i);
    const auto s = hn::LoadN(d, row + i, count);
    const auto p =
        hn::IfThenElseZero(inside(i), ExpOfNonPositive(d, hn::Sub(s, largest)));
    sum = hn::Add(sum, p);
    hn::StoreN(p, d, row + i, count);
  }
  const auto before = hn::Set(d, work.largest[query]);
  const float kept = hn::GetLane(ExpOfNonPositive(d, hn::Sub(before, largest)));
  work.kept[query] = kept;
  work.largest[query] = hn::GetLane(largest);
  work.sum[query] = kept * work.sum[query] + hn::ReduceSum(d, sum);
}

// Adds P V of `positions` values to O.
void AddValues(const AttentionTile& in, const float* values, size_t positions,
               const TileWorkspace& work) {
  TileProduct sums;
  sums.second = {.a = work.weights,
                 .a_row = kPositions,
                 .a_k = 1,
                 .b = values,
                 .b_k = in.stride,
                 .depth = positions};
  sums.scale = work.kept;
  sums.scale_row = 1;
  sums.c = work.out;
  sums.c_row = in.head_dim;
  ComputeProduct<ValueKind>(hn::ScalableTag<float>(), sums,
                            in.tokens * in.heads, in.head_dim);
}

// What a position sees of the block that begins at `block`.
Seen SeenBy(const AttentionTile& in, size_t position, size_t block) {
  const size_t end = position + 1;
  const size_t begin = in.window == 0 || end <= in.window ? 0 : end - in.window;
  return {HWY_MAX(begin, block) - block,
          HWY_MIN(HWY_MAX(end, block) - block, in.block_positions)};
}

}  // namespace

void AttendTile(const AttentionTile& in, float* scratch) {
  const TileWorkspace work(in.tokens * in.heads, in.head_dim, scratch);
  Begin(in, work);
  const size_t end = in.position + in.tokens;
  const size_t first = SeenBy(in, in.position, 0).begin / in.block_positions;
  for (size_t block = first; block * in.block_positions < end; ++block) {
    const size_t at = block * in.block_positions;
    // What nobody sees yet was not written.
    const size_t positions = HWY_MIN(in.block_positions, end - at);
    Score(in, in.k[block] + in.column, positions, work);
    for (size_t i = 0; i < in.tokens * in.heads; ++i) {
      Weigh(i, SeenBy(in, in.position + i / in.heads, at), positions, work);
    }
    AddValues(in, in.v[block] + in.column, positions, work);
  }
  for (size_t i = 0; i < in.tokens * in.heads; ++i) {
    float* out =
        in.out + i / in.heads * in.q_stride + i % in.heads * in.head_dim;
    ScaledRow(work.out + i * in.head_dim, in.head_dim, 1.0f / work.sum[i], out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(AttendTile);

size_t AttentionTileScratch(size_t queries, size_t head_dim) {
  return TileWorkspace::Floats(queries, head_dim);
}

void AttendTile(const AttentionTile& tile, float* scratch) {
  HWY_DASSERT(tile.block_positions <= kPositions);
  HWY_DYNAMIC_DISPATCH(AttendTile)(tile, scratch);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
