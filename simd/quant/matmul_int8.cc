// SPDX-License-Identifier: Apache-2.0
// A batch of kQ8 vectors times panels of int8 quants (int8_panel-inl.h).
//
// The sum over elements that share a scale is exact in int32; float32 carries
// it on:
//   y += dot * token_scale * row_scale - token_sum * row_minimum
// A tile of tokens shares each load of weights. The tile's height never changes
// the order of additions of a token.
#include "simd/quant/matmul_int8.h"

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/matmul_int8.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/int8_peak.h"
#include "simd/panel-inl.h"
#include "simd/quant/int8_dot-inl.h"
#include "simd/quant/int8_panel-inl.h"
#include "simd/quant/int8_peak-inl.h"
#include "simd/quant/vnni.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

constexpr size_t kGroupBytes = 4 * kPackRows;  // 4 columns of all rows

// Elements that share a scale; kRawMax is the greatest of unsigned quants in a
// panel, or 0.
template <size_t kElementsIn, size_t kRawMax>
struct ScaleRun {
  static constexpr size_t kElements = kElementsIn;
  // How many products of pairs fit into an int16 together.
  static constexpr size_t kAtOnce =
      kRawMax == 0 ? 1 : HWY_MIN(kElements / 4, 32767 / (254 * kRawMax));
  static_assert(kElements / 4 % kAtOnce == 0);
};

HWY_INLINE bool HasPanelMinima(const Int8Packing& packing) {
  return packing.has_minima || (KRAIT_ABS_WEIGHTS && packing.offset != 0);
}

// A dot product becomes a float without a conversion: an accumulator that
// begins at the bits of 1.5 * 2^23 ends at those of 1.5 * 2^23 + dot, |dot| <
// 2^22. One fused multiply-add with the token's scale then takes the surplus
// off again. That is exact if the scale has 22 bits, so that 1.5 * scale is a
// float32.
constexpr bool kDotsAsFloats = HWY_NATIVE_FMA;
constexpr float kDotSurplus = 0x1.8p23f;
constexpr int32_t kDotSurplusBits = kDotsAsFloats ? 0x4b400000 : 0;
static_assert(kQ8BlockSize * 128 * 127 < 1 << 22);

// Returns a token's scale rounded to 22 bits (NaN stays NaN): everywhere, so
// that targets agree.
HWY_INLINE float ShortScale(float scale) {
  uint32_t bits;
  std::memcpy(&bits, &scale, sizeof(bits));
  bits = (bits + 1 + (bits >> 2 & 1)) & ~uint32_t{3};
  std::memcpy(&scale, &bits, sizeof(bits));
  return scale;
}

// A tile's bytes: for each run of elements that share a scale what the run
// meets, at distances known to the compiler: arrays of [tokens,
// kQ8ChunkScales].
struct TileView {
  HWY_INLINE explicit TileView(uint8_t* tile) {
    constexpr size_t kCount = kMaxTileTokens * kQ8ChunkScales;
    void* at = tile;
    scales = static_cast<float*>(at);
    surplus = scales + kCount;
    sums = surplus + kCount;
    void* starts_at = sums + kCount;
    starts = static_cast<int32_t*>(starts_at);
  }
  float* HWY_RESTRICT scales;
  float* HWY_RESTRICT surplus;   // what is added for that of the dot product
  float* HWY_RESTRICT sums;      // scale * sum of the activations
  int32_t* HWY_RESTRICT starts;  // of the accumulators
};

// What the run at `at` of a token meets.
HWY_INLINE void SetRun(const TileView& tile, size_t at, float scale,
                       int32_t sum) {
  const float short_scale = ShortScale(scale);
  tile.scales[at] = short_scale;
  tile.surplus[at] = -kDotSurplus * short_scale;
  tile.sums[at] = static_cast<float>(sum) * short_scale;
  tile.starts[at] = kDotSurplusBits + QuadStart(sum);
}

// What goes with the chunk's columns of a few tokens.
template <size_t kScaleElements>
void LayTile(const ActivationView& x, size_t token, size_t num_tokens,
             size_t first_col, const TileTask& task) {
  const TileView to(task.tokens);
  const size_t stride = x.cols / kQ8BlockSize;
  const size_t blocks = task.cols / kQ8BlockSize;
  const size_t first = first_col / kQ8BlockSize;
  for (size_t t = 0; t < num_tokens; ++t) {
    const size_t from = (token + t) * stride + first;
    const size_t at = t * kQ8ChunkScales;
    for (size_t b = 0; b < blocks; ++b) {
      const float scale = x.scales[from + b];
      const int32_t sum = x.sums[from + b];
      if constexpr (kScaleElements == kQ8BlockSize) {
        SetRun(to, at + b, scale, sum);
      } else {
        const int32_t half_sum = x.half_sums[from + b];
        SetRun(to, at + 2 * b, scale, half_sum);
        SetRun(to, at + 2 * b + 1, scale, sum - half_sum);
      }
    }
  }
}

#if HWY_TARGET != HWY_SCALAR

// Four bytes of activations in each lane.
HWY_INLINE hn::Vec<hn::Repartition<int8_t, RowTagI>> BroadcastQuad(
    const int8_t* HWY_RESTRICT a) {
  const RowTagI di;
  int32_t quad;
  std::memcpy(&quad, a, sizeof(quad));
  return hn::BitCast(hn::Repartition<int8_t, RowTagI>(), hn::Set(di, quad));
}

// Returns what an accumulator holds, times the token's scale.
HWY_INLINE hn::Vec<RowTagF> ScaledDots(hn::Vec<RowTagI> dots, float scale,
                                       float surplus) {
  const RowTagF df;
  if constexpr (kDotsAsFloats) {
    return hn::MulAdd(hn::BitCast(df, dots), hn::Set(df, scale),
                      hn::Set(df, surplus));
  } else {
    return hn::Mul(hn::ConvertTo(df, dots), hn::Set(df, scale));
  }
}

#if KRAIT_SIZELESS_VECTORS

// No arrays: a token at a time.
constexpr size_t kQ8TileTokens = 4;

template <size_t kScaleElements>
HWY_INLINE void TokenRows(const TileTask& task, size_t t, size_t row) {
  const RowTagF df;
  const RowTagI di;
  const hn::Repartition<int8_t, RowTagI> d8;
  const Int8Panel panel(task.panel);
  const TileView tile(task.tokens);
  float* y = task.y + t * task.y_stride + row;
  auto sum = hn::Zero(df);
  if (!task.is_first) sum = LoadSums(y, task.rows - row);
  for (size_t run = 0; run < task.cols / kScaleElements; ++run) {
    const int8_t* w = panel.quants + run * kScaleElements * kPackRows + row * 4;
    const int8_t* a =
        task.quants + t * task.quants_stride + run * kScaleElements;
    const size_t of_token = t * kQ8ChunkScales + run;
    const size_t of_rows = run * kPackRows + row;
    auto dot = hn::Set(di, tile.starts[of_token]);
    for (size_t g = 0; g < kScaleElements / 4; ++g) {
      dot = QuadDot(di, hn::LoadU(d8, w + g * kGroupBytes),
                    BroadcastQuad(a + g * 4), dot);
    }
    const auto scaled =
        ScaledDots(dot, tile.scales[of_token], tile.surplus[of_token]);
    sum = hn::MulAdd(scaled, hn::LoadU(df, panel.scales + of_rows), sum);
    if (task.has_minima) {
      sum = hn::NegMulAdd(hn::Set(df, tile.sums[of_token]),
                          hn::LoadU(df, panel.minima + of_rows), sum);
    }
  }
  StoreSums(sum, y, task.rows - row);
}

template <class Run, size_t kTokens>
void RunInt8Tile(const TileTask& task) {
  for (size_t t = 0; t < kTokens; ++t) {
    for (size_t row = 0; row < task.rows; row += hn::Lanes(RowTagF())) {
      TokenRows<Run::kElements>(task, t, row);
    }
  }
}

#else  // !KRAIT_SIZELESS_VECTORS

// 32 registers hold 6 * 2 accumulators of both kinds; 16 hold 4 * 2 of one (3 *
// 2, if a product takes registers of its own) and their operands, while the
// float sums wait in memory.
constexpr size_t kQ8TileTokens = kLanes == 16 ? 6 : KRAIT_ABS_WEIGHTS ? 3 : 4;

using D8 = hn::Repartition<int8_t, RowTagI>;
using DU8 = hn::RebindToUnsigned<D8>;
using D16 = hn::Repartition<int16_t, RowTagI>;

#if KRAIT_ABS_WEIGHTS
// Has the sum computed here: GCC puts additions of integers in another order,
// in which their terms, all of a run's, wait in memory.
template <class V>
HWY_INLINE void KeepOrder(V& sum) {
  asm("" : "+v"(sum.raw));
}
#endif

// A tile's dot products within a run of elements that share a scale.
template <size_t kTokens, size_t kVecs>
struct TileDots {
  HWY_INLINE TileDots() {}  // see TileSums
  hn::Vec<RowTagI> v[kTokens][kVecs];

  HWY_INLINE void Start(const int32_t* HWY_RESTRICT starts) {
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) {
        v[t][i] = hn::Set(RowTagI(), starts[t * kQ8ChunkScales]);
      }
    }
  }

  // Adds 4 columns: `w` of the panel, `a` of the tile's first token, `stride`
  // bytes before the next one's.
  HWY_INLINE void AddGroup(const int8_t* HWY_RESTRICT w,
                           const int8_t* HWY_RESTRICT a, size_t stride) {
    hn::Vec<D8> quants[kVecs];
    HWY_UNROLL(2)
    for (size_t i = 0; i < kVecs; ++i) {
      quants[i] = hn::Load(D8(), w + i * kLanes * 4);
    }
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      const hn::Vec<D8> quad = BroadcastQuad(a + t * stride);
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) {
        v[t][i] = QuadDot(RowTagI(), quants[i], quad, v[t][i]);
#if KRAIT_ABS_WEIGHTS
        KeepOrder(v[t][i]);
#endif
      }
    }
  }

#if KRAIT_ABS_WEIGHTS
  // The same of kGroups times 4 columns of unsigned quants, whose products are
  // added in int16 as long as they fit: two instructions for what AddGroup()
  // needs four.
  template <size_t kGroups>
  HWY_INLINE void AddGroups(const int8_t* HWY_RESTRICT w,
                            const int8_t* HWY_RESTRICT a, size_t stride) {
    hn::Vec<D16> pairs[kTokens][kVecs];
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) pairs[t][i] = hn::Zero(D16());
    }
    HWY_UNROLL(8)
    for (size_t g = 0; g < kGroups; ++g) {
      hn::Vec<DU8> quants[kVecs];
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) {
        quants[i] = hn::BitCast(
            DU8(), hn::Load(D8(), w + g * kGroupBytes + i * kLanes * 4));
      }
      HWY_UNROLL(16)
      for (size_t t = 0; t < kTokens; ++t) {
        const hn::Vec<D8> quad = BroadcastQuad(a + t * stride + g * 4);
        HWY_UNROLL(2)
        for (size_t i = 0; i < kVecs; ++i) {
          pairs[t][i] = hn::Add(
              pairs[t][i], hn::SatWidenMulPairwiseAdd(D16(), quants[i], quad));
          KeepOrder(pairs[t][i]);
        }
      }
    }
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) {
        v[t][i] = hn::Add(v[t][i],
                          hn::WidenMulPairwiseAdd(RowTagI(), pairs[t][i],
                                                  hn::Set(D16(), int16_t{1})));
      }
    }
  }
#endif

  HWY_INLINE void ScaleInto(const float* HWY_RESTRICT row_scales,
                            const TileView& tile, size_t run,
                            TileSums<kTokens, kVecs>& sums) {
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      const size_t at = t * kQ8ChunkScales + run;
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) {
        sums.v[t][i] = hn::MulAdd(
            ScaledDots(v[t][i], tile.scales[at], tile.surplus[at]),
            hn::Load(RowTagF(), row_scales + i * kLanes), sums.v[t][i]);
      }
    }
  }
};

// Takes off what the rows' minima make of the tokens' sums.
template <size_t kTokens, size_t kVecs>
HWY_INLINE void TakeMinima(const float* HWY_RESTRICT row_minima,
                           const float* HWY_RESTRICT token_sums,
                           TileSums<kTokens, kVecs>& sums) {
  const RowTagF df;
  HWY_UNROLL(16)
  for (size_t t = 0; t < kTokens; ++t) {
    const auto token_sum = hn::Set(df, token_sums[t * kQ8ChunkScales]);
    HWY_UNROLL(2)
    for (size_t i = 0; i < kVecs; ++i) {
      sums.v[t][i] = hn::NegMulAdd(
          token_sum, hn::Load(df, row_minima + i * kLanes), sums.v[t][i]);
    }
  }
}

// Adds a run's columns to a tile's dot products.
template <class Run, class Dots>
HWY_INLINE void AddRun(const int8_t* HWY_RESTRICT w,
                       const int8_t* HWY_RESTRICT a, size_t stride,
                       Dots& dots) {
  constexpr size_t kGroups = Run::kElements / 4;
#if KRAIT_ABS_WEIGHTS
  if constexpr (Run::kAtOnce > 1) {
    constexpr size_t kAtOnce = Run::kAtOnce;
    HWY_UNROLL(4)
    for (size_t g = 0; g < kGroups; g += kAtOnce) {
      dots.template AddGroups<kAtOnce>(w + g * kGroupBytes, a + g * 4, stride);
    }
    return;
  }
#endif
  HWY_UNROLL(8)
  for (size_t g = 0; g < kGroups; ++g) {
    dots.AddGroup(w + g * kGroupBytes, a + g * 4, stride);
  }
}

template <class Run, size_t kTokens, size_t kVecs>
HWY_INLINE void TileRows(const TileTask& task, size_t row) {
  float* y = task.y + row;
  const size_t rows = task.rows - row;
  TileSums<kTokens, kVecs> sums;
  sums.Clear();
  if (!task.is_first) sums.Load(y, task.y_stride, rows);
  const Int8Panel panel(task.panel);
  const TileView tile(task.tokens);
  for (size_t run = 0; run < task.cols / Run::kElements; ++run) {
    TileDots<kTokens, kVecs> dots;
    dots.Start(tile.starts + run);
    AddRun<Run>(panel.quants + run * Run::kElements * kPackRows + row * 4,
                task.quants + run * Run::kElements, task.quants_stride, dots);
    const size_t of_rows = run * kPackRows + row;
    dots.ScaleInto(panel.scales + of_rows, tile, run, sums);
    if (task.has_minima) {
      TakeMinima(panel.minima + of_rows, tile.sums + run, sums);
    }
  }
  sums.Store(y, task.y_stride, rows);
}

template <class Run, size_t kTokens>
HWY_NOINLINE void RunInt8Tile(const TileTask& task) {
  size_t row = 0;
  for (; row + kLanes < task.rows; row += 2 * kLanes) {
    TileRows<Run, kTokens, 2>(task, row);
  }
  if (row < task.rows) TileRows<Run, kTokens, 1>(task, row);
}

#endif  // KRAIT_SIZELESS_VECTORS

#else  // HWY_TARGET == HWY_SCALAR

constexpr size_t kQ8TileTokens = 4;

template <class Run, size_t kTokens>
void RunInt8Tile(const TileTask& task) {
  constexpr size_t kScaleElements = Run::kElements;
  const Int8Panel panel(task.panel);
  const TileView tile(task.tokens);
  for (size_t t = 0; t < kTokens; ++t) {
    for (size_t r = 0; r < task.rows; ++r) {
      float& y = task.y[t * task.y_stride + r];
      float sum = task.is_first ? 0.0f : y;
      for (size_t run = 0; run < task.cols / kScaleElements; ++run) {
        const int8_t* w =
            panel.quants + run * kScaleElements * kPackRows + r * 4;
        const int8_t* a =
            task.quants + t * task.quants_stride + run * kScaleElements;
        int32_t dot = 0;
        for (size_t i = 0; i < kScaleElements; ++i) {
          dot += w[i / 4 * kGroupBytes + i % 4] * a[i];
        }
        const size_t of_token = t * kQ8ChunkScales + run;
        sum += static_cast<float>(dot) * tile.scales[of_token] *
               panel.scales[run * kPackRows + r];
        if (task.has_minima) {
          sum -= tile.sums[of_token] * panel.minima[run * kPackRows + r];
        }
      }
      y = sum;
    }
  }
}

#endif  // HWY_TARGET

template <class OfRun>
struct Int8Op {
  static constexpr size_t kPanelBytes = kInt8PanelBytes;

  static void LayTokens(const ActivationView& x, size_t token,
                        size_t num_tokens, size_t first_col, TileTask& task) {
    task.quants = x.q8 + token * x.q8_stride + first_col;
    task.quants_stride = x.q8_stride;
    LayTile<OfRun::kElements>(x, token, num_tokens, first_col, task);
  }
  template <size_t kTokens>
  static void Run(const TileTask& task) {
    RunInt8Tile<OfRun, kTokens>(task);
  }
};

// A packed group times all tokens.
template <class Run>
void RunGroup(const Int8Packing& packing, const Int8Group& group,
              const ActivationView& x, const MatMulOutput& out,
              uint8_t* scratch) {
  const TileTask task{.panel = scratch + kTileBytes,
                      .tokens = scratch,
                      .cols = group.cols,
                      .has_minima = HasPanelMinima(packing),
                      .is_first = group.first_col == 0,
                      .y = out.y + group.first_row,
                      .y_stride = out.y_stride};
  GroupTimesTokens<Int8Op<Run>, kQ8TileTokens>(task, group.rows, 0, x,
                                               group.first_col);
}

// The kernel for a format's panels.
RunInt8GroupFn ChooseRunGroup(const Int8Packing& packing) {
  const bool whole = packing.scale_elements == kQ8BlockSize;
#if KRAIT_ABS_WEIGHTS
  switch (packing.raw_max) {
    case 3:
    case 7:
      return RunGroup<ScaleRun<16, 7>>;
    case 15:
      return RunGroup<ScaleRun<32, 15>>;
    case 31:
      return RunGroup<ScaleRun<32, 31>>;
    case 63:
      return RunGroup<ScaleRun<16, 63>>;
    default:
      break;
  }
#endif
  return whole ? RunGroup<ScaleRun<32, 0>> : RunGroup<ScaleRun<16, 0>>;
}

void RunGroupT(const Int8Packing& packing, const Int8Group& group,
               const ActivationView& x, const MatMulOutput& out,
               uint8_t* scratch) {
  ChooseRunGroup(packing)(packing, group, x, out, scratch);
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(RunGroupT);
HWY_EXPORT(MultiplyInt8T);

size_t MultiplyInt8(size_t rounds) {
  const VnniVariant* variant = ChosenVnniVariant();
  const auto multiply = variant != nullptr ? variant->multiply_int8
                                           : HWY_DYNAMIC_POINTER(MultiplyInt8T);
  return multiply(rounds);
}

void MatMulInt8(const Int8Packing& packing, const WeightView& w,
                size_t row_begin, size_t row_end, const ActivationView& x,
                const MatMulOutput& out, void* scratch_at) {
  auto* scratch = static_cast<uint8_t*>(scratch_at);
  const VnniVariant* variant = ChosenVnniVariant();
  const RunInt8GroupFn run =
      variant != nullptr ? variant->run_group : HWY_DYNAMIC_POINTER(RunGroupT);
  for (size_t begin = row_begin; begin < row_end; begin += kGroupRows) {
    for (size_t col = 0; col < w.cols; col += kQ8ChunkCols) {
      const Int8Group group{.first_row = begin,
                            .rows = std::min(kGroupRows, row_end - begin),
                            .first_col = col,
                            .cols = std::min(kQ8ChunkCols, w.cols - col)};
      packing.pack(w, group, scratch + kTileBytes);
      run(packing, group, x, out, scratch);
    }
  }
}

}  // namespace krait::simd
#endif  // HWY_ONCE
