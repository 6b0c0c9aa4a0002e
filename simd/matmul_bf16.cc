// SPDX-License-Identifier: Apache-2.0
// kBF16 weights times a batch of kBF16 vectors. A chunk of kPackRows rows is
// repacked to [pairs of columns, rows, 2].
#include "simd/matmul_kernels.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matmul_bf16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/bf16-inl.h"
#include "simd/panel-inl.h"
#include "simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

constexpr size_t kElementBytes = sizeof(uint16_t);

#if HWY_TARGET == HWY_SCALAR

// A vector is one row here: a pair is two plain numbers.
struct Pair {
  uint16_t bits[2];
};

HWY_INLINE float BitsToF32(uint16_t bits) {
  const uint32_t wide = uint32_t{bits} << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

struct BF16Step {
  static constexpr size_t kCols = 2;
  using VW = Pair;

  static Pair Weights(const void* p) { return Activation(p); }
  static Pair Activation(const void* p) {
    Pair pair;
    std::memcpy(&pair, p, sizeof(pair));
    return pair;
  }
  static hn::Vec<RowTagF> MulAdd(Pair w, Pair a, hn::Vec<RowTagF> sum) {
    const RowTagF df;
    for (size_t i = 0; i < 2; ++i) {
      sum = hn::MulAdd(hn::Set(df, BitsToF32(w.bits[i])),
                       hn::Set(df, BitsToF32(a.bits[i])), sum);
    }
    return sum;
  }
};

void PackPanel(const PanelRows& rows, size_t first_col, size_t cols,
               uint8_t* HWY_RESTRICT out) {
  for (size_t c = 0; c < cols; c += 2) {
    for (size_t r = 0; r < kPackRows; ++r) {
      uint8_t* pair = out + (c / 2 * kPackRows + r) * kStepBytes;
      std::memset(pair, 0, kStepBytes);
      std::memcpy(pair, rows[r] + (first_col + c) * kElementBytes,
                  std::min(kStepBytes, (cols - c) * kElementBytes));
    }
  }
}

#else

struct BF16Step {
  static constexpr size_t kCols = 2;
  using Tag = hn::Repartition<hwy::bfloat16_t, RowTagF>;
  using Bits = hn::Repartition<uint32_t, RowTagF>;
  using VW = hn::Vec<Tag>;
  using VA = hn::Vec<Tag>;

  static HWY_INLINE VW Weights(const void* HWY_RESTRICT p) {
    return hn::BitCast(Tag(),
                       hn::LoadU(Bits(), static_cast<const uint32_t*>(p)));
  }
  static HWY_INLINE VA Activation(const void* HWY_RESTRICT p) {
    uint32_t pair;
    std::memcpy(&pair, p, sizeof(pair));
    return hn::BitCast(Tag(), hn::Set(Bits(), pair));
  }
  static HWY_INLINE hn::Vec<RowTagF> MulAdd(VW w, VA a, hn::Vec<RowTagF> sum) {
    return PairDot(RowTagF(), w, a, sum);
  }
};

// Packs 8 columns from `col` on, of which n exist; zeros stand for the rest.
HWY_INLINE void PackEight(const PanelRows& rows, size_t col, size_t n,
                          uint32_t* HWY_RESTRICT out) {
  const hn::FixedTag<uint16_t, 8> d16;
  const hn::FixedTag<uint32_t, 4> d32;
  const auto load = [&](size_t row) HWY_ATTR {
    const void* at = rows[row] + col * kElementBytes;
    const auto* p = static_cast<const uint16_t*>(at);
    return hn::BitCast(
        d32, HWY_LIKELY(n >= 8) ? hn::LoadU(d16, p) : hn::LoadN(d16, p, n));
  };
  for (size_t r = 0; r < kPackRows; r += 4) {
    StoreTransposed4(d32, load(r), load(r + 1), load(r + 2), load(r + 3),
                     out + r, kPackRows);
  }
}

void PackPanel(const PanelRows& rows, size_t first_col, size_t cols,
               uint8_t* HWY_RESTRICT out_bytes) {
  void* out_at = out_bytes;
  auto* out = static_cast<uint32_t*>(out_at);
  for (size_t c = 0; c < cols; c += 8) {
    PackEight(rows, first_col + c, cols - c, out + c / 2 * kPackRows);
  }
}

#endif  // HWY_TARGET

struct BF16Op {
  static constexpr size_t kChunkCols = kBF16ChunkCols;
  static constexpr size_t kPanelBytes =
      kChunkCols / BF16Step::kCols * kPanelStepBytes;
  static constexpr size_t kTileTokens = kFloatTileTokens;

  static void Pack(const PanelRows& rows, size_t first_col, size_t cols,
                   uint8_t* panel) {
    PackPanel(rows, first_col, cols, panel);
  }
  static void CopyTokens(const ActivationView& x, size_t token,
                         size_t num_tokens, size_t first_col, size_t cols,
                         uint8_t* tile) {
    CopyTokenRows(x.bf16 + token * x.cols + first_col, x.cols, num_tokens, cols,
                  tile);
  }
  template <size_t kTokens>
  static void Run(const TileTask& task) {
    RunFloatTile<BF16Step, kTokens>(task);
  }
};

void MatMulBF16T(const WeightView& w, size_t row_begin, size_t row_end,
                 const ActivationView& x, const MatMulOutput& out,
                 void* scratch) {
  MatMulBlocks<BF16Op>(w, row_begin, row_end, x, out, scratch);
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatMulBF16T);

void MatMulBF16(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, const MatMulOutput& out,
                void* scratch) {
  HWY_DASSERT(w.type == WeightType::kBF16);
  HWY_DYNAMIC_DISPATCH(MatMulBF16T)(w, row_begin, row_end, x, out, scratch);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
