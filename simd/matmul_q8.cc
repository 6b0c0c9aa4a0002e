// SPDX-License-Identifier: Apache-2.0
// kQ8_0 weights times a batch of kQ8 vectors.
//
// A chunk of kPackRows (16 or 32) rows is repacked:
//   quants [blocks, 8 groups, rows, 4 columns]   scales [blocks, rows]
// Then 4 bytes of a token's activations, broadcast, meet a vector of rows in
// one instruction. The sum over a block is exact in int32; float32 carries it
// across blocks:
//   y += float(dot) * token_scale * row_scale
// A tile of tokens shares each load of weights. The tile's height never changes
// the order of additions of a token.
#include "simd/matmul_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matmul_q8.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/convert-inl.h"
#include "simd/panel-inl.h"
#include "simd/q8-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

constexpr size_t kGroupBytes = 4 * kPackRows;  // 4 columns of all rows
constexpr size_t kBlockBytes = kQ8BlockSize * kPackRows;

constexpr size_t kPanelQuantBytes = kQ8ChunkCols * kPackRows;

// A repacked chunk of columns, in the panel's bytes.
struct PanelView {
  explicit PanelView(const uint8_t* panel) {
    const void* quants_at = panel;
    const void* scales_at = panel + kPanelQuantBytes;
    quants = static_cast<const int8_t*>(quants_at);
    scales = static_cast<const float*>(scales_at);
  }
  const int8_t* HWY_RESTRICT quants;  // [blocks, 8, kPackRows, 4]
  const float* HWY_RESTRICT scales;   // [blocks, kPackRows]
};

// A tile's bytes: quants, scales, and what accumulators start from, each
// [kMaxTileTokens, ...] at a distance known to the compiler.
struct TileView {
  explicit TileView(const uint8_t* tile) {
    constexpr size_t kScalesBytes =
        kMaxTileTokens * kQ8ChunkBlocks * sizeof(float);
    const void* quants_at = tile;
    const void* scales_at = tile + kMaxTileTokens * kTileStrideBytes;
    const void* starts_at =
        tile + kMaxTileTokens * kTileStrideBytes + kScalesBytes;
    quants = static_cast<const int8_t*>(quants_at);
    scales = static_cast<const float*>(scales_at);
    starts = static_cast<const int32_t*>(starts_at);
  }
  const int8_t* HWY_RESTRICT quants;   // stride kTileStrideBytes
  const float* HWY_RESTRICT scales;    // [tokens, kQ8ChunkBlocks]
  const int32_t* HWY_RESTRICT starts;  // [tokens, kQ8ChunkBlocks]
};

void CopyTile(const ActivationView& x, size_t token, size_t num_tokens,
              size_t first_col, size_t cols, uint8_t* tile) {
  const TileView to(tile);
  const size_t stride = x.cols / kQ8BlockSize;
  const size_t blocks = cols / kQ8BlockSize;
  const size_t first = first_col / kQ8BlockSize;
  auto* quants = const_cast<int8_t*>(to.quants);
  auto* scales = const_cast<float*>(to.scales);
  auto* starts = const_cast<int32_t*>(to.starts);
  for (size_t t = 0; t < num_tokens; ++t) {
    std::memcpy(quants + t * kTileStrideBytes,
                x.q8 + (token + t) * x.cols + first_col, cols);
    const size_t from = (token + t) * stride + first;
    std::memcpy(scales + t * kQ8ChunkBlocks, x.scales + from,
                blocks * sizeof(float));
    for (size_t b = 0; b < blocks; ++b) {
      starts[t * kQ8ChunkBlocks + b] = QuadStart(x.sums[from + b]);
    }
  }
}

#if HWY_TARGET != HWY_SCALAR

void PackQuants(const PanelRows& rows, size_t ofs_bytes,
                int8_t* HWY_RESTRICT quants) {
  const hn::FixedTag<uint32_t, 4> d4;
  const hn::Repartition<uint8_t, decltype(d4)> du8;
  void* out_bytes = quants;
  auto* out = static_cast<uint32_t*>(out_bytes);
  const auto load = [&](size_t row, size_t i) HWY_ATTR {
    return PrepareQuants(
        hn::BitCast(d4, hn::LoadU(du8, rows[row] + ofs_bytes + 2 + i)));
  };
  for (size_t r = 0; r < kPackRows; r += 4) {
    for (size_t i = 0; i < kQ8BlockSize; i += 16) {
      StoreTransposed4(d4, load(r, i), load(r + 1, i), load(r + 2, i),
                       load(r + 3, i), out + i / 4 * kPackRows + r, kPackRows);
    }
  }
}

void PackScales(const PanelRows& rows, size_t ofs_bytes,
                float* HWY_RESTRICT scales) {
  HWY_ALIGN uint16_t bits[kPackRows];
  for (size_t r = 0; r < kPackRows; ++r) {
    std::memcpy(&bits[r], rows[r] + ofs_bytes, sizeof(bits[r]));
  }
  const RowTagF df;
  const hn::Rebind<uint16_t, RowTagF> du16;
  const hn::Rebind<hwy::float16_t, RowTagF> df16;
  for (size_t r = 0; r < kPackRows; r += hn::Lanes(df)) {
    const auto f16 = hn::BitCast(df16, hn::Load(du16, bits + r));
    hn::Store(ToF32(df, f16), df, scales + r);
  }
}

// Four bytes of activations in each lane.
HWY_INLINE hn::Vec<hn::Repartition<int8_t, RowTagI>> BroadcastQuad(
    const int8_t* HWY_RESTRICT a) {
  const RowTagI di;
  int32_t quad;
  std::memcpy(&quad, a, sizeof(quad));
  return hn::BitCast(hn::Repartition<int8_t, RowTagI>(), hn::Set(di, quad));
}

#if KRAIT_SIZELESS_VECTORS

// No arrays: a token at a time.
constexpr size_t kQ8TileTokens = 4;

HWY_INLINE void TokenRows(const TileTask& task, size_t t, size_t row) {
  const RowTagF df;
  const RowTagI di;
  const hn::Repartition<int8_t, RowTagI> d8;
  const PanelView panel(task.panel);
  const TileView tile(task.tokens);
  float* y = task.y + t * task.y_stride + row;
  auto sum = hn::Zero(df);
  if (!task.is_first) sum = LoadSums(y, task.rows - row);
  for (size_t b = 0; b < task.cols / kQ8BlockSize; ++b) {
    const int8_t* w = panel.quants + b * kBlockBytes + row * 4;
    const int8_t* a = tile.quants + t * kTileStrideBytes + b * kQ8BlockSize;
    auto dot = hn::Set(di, tile.starts[t * kQ8ChunkBlocks + b]);
    for (size_t g = 0; g < kQ8BlockSize / 4; ++g) {
      dot = QuadDot(di, hn::LoadU(d8, w + g * kGroupBytes),
                    BroadcastQuad(a + g * 4), dot);
    }
    const auto scale = hn::Set(df, tile.scales[t * kQ8ChunkBlocks + b]);
    sum = hn::MulAdd(hn::Mul(hn::ConvertTo(df, dot), scale),
                     hn::LoadU(df, panel.scales + b * kPackRows + row), sum);
  }
  StoreSums(sum, y, task.rows - row);
}

template <size_t kTokens>
void RunQ8Tile(const TileTask& task) {
  for (size_t t = 0; t < kTokens; ++t) {
    for (size_t row = 0; row < task.rows; row += hn::Lanes(RowTagF())) {
      TokenRows(task, t, row);
    }
  }
}

#else  // !KRAIT_SIZELESS_VECTORS

// 32 registers hold 6 * 2 accumulators of both kinds; 16 hold 4 * 2 of one and
// their operands, while the float sums wait in memory.
constexpr size_t kQ8TileTokens = kLanes == 16 ? 6 : 4;

using D8 = hn::Repartition<int8_t, RowTagI>;

// A tile's dot products within a block.
template <size_t kTokens, size_t kVecs>
struct TileDots {
  HWY_INLINE TileDots() {}  // see TileSums
  hn::Vec<RowTagI> v[kTokens][kVecs];

  HWY_INLINE void Start(const int32_t* HWY_RESTRICT starts) {
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) {
        v[t][i] = hn::Set(RowTagI(), starts[t * kQ8ChunkBlocks]);
      }
    }
  }

  // Adds 4 columns: `w` of the panel, `a` of the tile's first token.
  HWY_INLINE void AddGroup(const int8_t* HWY_RESTRICT w,
                           const int8_t* HWY_RESTRICT a) {
    hn::Vec<D8> quants[kVecs];
    HWY_UNROLL(2)
    for (size_t i = 0; i < kVecs; ++i) {
      quants[i] = hn::Load(D8(), w + i * kLanes * 4);
    }
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      const hn::Vec<D8> quad = BroadcastQuad(a + t * kTileStrideBytes);
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) {
        v[t][i] = QuadDot(RowTagI(), quants[i], quad, v[t][i]);
      }
    }
  }

  HWY_INLINE void ScaleInto(const float* HWY_RESTRICT row_scales,
                            const float* HWY_RESTRICT token_scales,
                            TileSums<kTokens, kVecs>& sums) {
    const RowTagF df;
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      const auto token_scale = hn::Set(df, token_scales[t * kQ8ChunkBlocks]);
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) {
        sums.v[t][i] =
            hn::MulAdd(hn::Mul(hn::ConvertTo(df, v[t][i]), token_scale),
                       hn::Load(df, row_scales + i * kLanes), sums.v[t][i]);
      }
    }
  }
};

template <size_t kTokens, size_t kVecs>
HWY_INLINE void TileRows(const TileTask& task, size_t row) {
  float* y = task.y + row;
  const size_t rows = task.rows - row;
  TileSums<kTokens, kVecs> sums;
  sums.Clear();
  if (!task.is_first) sums.Load(y, task.y_stride, rows);
  const PanelView panel(task.panel);
  const TileView tile(task.tokens);
  for (size_t b = 0; b < task.cols / kQ8BlockSize; ++b) {
    TileDots<kTokens, kVecs> dots;
    dots.Start(tile.starts + b);
    const int8_t* HWY_RESTRICT w = panel.quants + b * kBlockBytes + row * 4;
    const int8_t* HWY_RESTRICT a = tile.quants + b * kQ8BlockSize;
    HWY_UNROLL(8)
    for (size_t g = 0; g < kQ8BlockSize / 4; ++g) {
      dots.AddGroup(w + g * kGroupBytes, a + g * 4);
    }
    dots.ScaleInto(panel.scales + b * kPackRows + row, tile.scales + b, sums);
  }
  sums.Store(y, task.y_stride, rows);
}

template <size_t kTokens>
HWY_NOINLINE void RunQ8Tile(const TileTask& task) {
  size_t row = 0;
  for (; row + kLanes < task.rows; row += 2 * kLanes) {
    TileRows<kTokens, 2>(task, row);
  }
  if (row < task.rows) TileRows<kTokens, 1>(task, row);
}

#endif  // KRAIT_SIZELESS_VECTORS

#else  // HWY_TARGET == HWY_SCALAR

constexpr size_t kQ8TileTokens = 4;

void PackQuants(const PanelRows& rows, size_t ofs_bytes,
                int8_t* HWY_RESTRICT quants) {
  for (size_t i = 0; i < kQ8BlockSize; i += 4) {
    for (size_t r = 0; r < kPackRows; ++r) {
      std::memcpy(quants + i * kPackRows + r * 4, rows[r] + ofs_bytes + 2 + i,
                  4);
    }
  }
}

void PackScales(const PanelRows& rows, size_t ofs_bytes,
                float* HWY_RESTRICT scales) {
  const hn::CappedTag<float, 1> d1;
  for (size_t r = 0; r < kPackRows; ++r) {
    scales[r] = hn::GetLane(BlockScale(d1, rows[r] + ofs_bytes));
  }
}

template <size_t kTokens>
void RunQ8Tile(const TileTask& task) {
  const PanelView panel(task.panel);
  const TileView tile(task.tokens);
  for (size_t t = 0; t < kTokens; ++t) {
    for (size_t r = 0; r < task.rows; ++r) {
      float& y = task.y[t * task.y_stride + r];
      float sum = task.is_first ? 0.0f : y;
      for (size_t b = 0; b < task.cols / kQ8BlockSize; ++b) {
        const int8_t* w = panel.quants + b * kBlockBytes + r * 4;
        const int8_t* a = tile.quants + t * kTileStrideBytes + b * kQ8BlockSize;
        int32_t dot = 0;
        for (size_t i = 0; i < kQ8BlockSize; ++i) {
          dot += w[i / 4 * kGroupBytes + i % 4] * a[i];
        }
        sum += static_cast<float>(dot) * tile.scales[t * kQ8ChunkBlocks + b] *
               panel.scales[b * kPackRows + r];
      }
      y = sum;
    }
  }
}

#endif  // HWY_TARGET

struct Q8Op {
  static constexpr size_t kChunkCols = kQ8ChunkCols;
  static constexpr size_t kPanelBytes =
      kPanelQuantBytes + kQ8ChunkBlocks * kPackRows * sizeof(float);
  static constexpr size_t kTileTokens = kQ8TileTokens;

  static void Pack(const PanelRows& rows, size_t first_col, size_t cols,
                   uint8_t* panel) {
    const PanelView to(panel);
    auto* quants = const_cast<int8_t*>(to.quants);
    auto* scales = const_cast<float*>(to.scales);
    for (size_t b = 0; b < cols / kQ8BlockSize; ++b) {
      const size_t ofs_bytes = (first_col / kQ8BlockSize + b) * kQ8BlockBytes;
      PackQuants(rows, ofs_bytes, quants + b * kBlockBytes);
      PackScales(rows, ofs_bytes, scales + b * kPackRows);
    }
  }
  static void CopyTokens(const ActivationView& x, size_t token,
                         size_t num_tokens, size_t first_col, size_t cols,
                         uint8_t* tile) {
    CopyTile(x, token, num_tokens, first_col, cols, tile);
  }
  template <size_t kTokens>
  static void Run(const TileTask& task) {
    RunQ8Tile<kTokens>(task);
  }
};

void MatMulQ8T(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, const MatMulOutput& out,
               void* scratch) {
  MatMulBlocks<Q8Op>(w, row_begin, row_end, x, out, scratch);
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatMulQ8T);

void MatMulQ8(const WeightView& w, size_t row_begin, size_t row_end,
              const ActivationView& x, const MatMulOutput& out, void* scratch) {
  HWY_DASSERT(w.type == WeightType::kQ8_0);
  HWY_DYNAMIC_DISPATCH(MatMulQ8T)(w, row_begin, row_end, x, out, scratch);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
