// SPDX-License-Identifier: Apache-2.0
// kF32, kF16 or kBF16 weights times a batch of float32 vectors. A chunk of
// kPackRows rows is repacked, as float32, to [columns, rows].
#include "simd/matmul_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matmul_f32.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/convert-inl.h"
#include "simd/panel-inl.h"
#include "simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

template <typename T>
const T* RowAt(const PanelRows& rows, size_t row, size_t col) {
  const void* at = rows[row];
  return static_cast<const T*>(at) + col;
}

#if HWY_TARGET == HWY_SCALAR

template <typename T>
void PackPanel(const PanelRows& rows, size_t first_col, size_t cols,
               float* HWY_RESTRICT out) {
  const hn::CappedTag<float, 1> d1;
  for (size_t c = 0; c < cols; ++c) {
    for (size_t r = 0; r < kPackRows; ++r) {
      out[c * kPackRows + r] =
          hn::GetLane(LoadF32(d1, RowAt<T>(rows, r, first_col + c)));
    }
  }
}

#else

// Packs 4 columns from `col` on, of which n exist.
template <typename T>
HWY_INLINE void PackFour(const PanelRows& rows, size_t col, size_t n,
                         float* HWY_RESTRICT out) {
  const hn::FixedTag<float, 4> d4;
  const auto load = [&](size_t row) HWY_ATTR {
    const T* p = RowAt<T>(rows, row, col);
    return HWY_LIKELY(n >= 4) ? LoadF32(d4, p) : LoadF32N(d4, p, n);
  };
  for (size_t r = 0; r < kPackRows; r += 4) {
    StoreTransposed4(d4, load(r), load(r + 1), load(r + 2), load(r + 3),
                     out + r, kPackRows);
  }
}

template <typename T>
void PackPanel(const PanelRows& rows, size_t first_col, size_t cols,
               float* HWY_RESTRICT out) {
  for (size_t c = 0; c < cols; c += 4) {
    PackFour<T>(rows, first_col + c, cols - c, out + c * kPackRows);
  }
}

#endif  // HWY_TARGET

struct F32Step {
  static constexpr size_t kCols = 1;
  using VW = hn::Vec<RowTagF>;

  static HWY_INLINE VW Weights(const void* HWY_RESTRICT p) {
    return hn::LoadU(RowTagF(), static_cast<const float*>(p));
  }
  static HWY_INLINE VW Activation(const void* HWY_RESTRICT p) {
    return hn::Set(RowTagF(), *static_cast<const float*>(p));
  }
  static HWY_INLINE VW MulAdd(VW w, VW a, VW sum) {
    return hn::MulAdd(w, a, sum);
  }
};

template <typename T>
struct F32Op {
  static constexpr size_t kChunkCols = kF32ChunkCols;
  static constexpr size_t kPanelBytes = kChunkCols * kPanelStepBytes;
  static constexpr size_t kTileTokens = kFloatTileTokens;

  static void Pack(const PanelRows& rows, size_t first_col, size_t cols,
                   void* panel) {
    PackPanel<T>(rows, first_col, cols, static_cast<float*>(panel));
  }
  static void LayTokens(const ActivationView& x, size_t token,
                        size_t num_tokens, size_t first_col, TileTask& task) {
    CopyTokenRows(x.f32 + token * x.cols + first_col, x.cols, num_tokens,
                  task.cols, task.tokens);
  }
  template <size_t kTokens>
  static void Run(const TileTask& task) {
    RunFloatTile<F32Step, kTokens>(task);
  }
};

void MatMulF32T(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, const MatMulOutput& out,
                void* scratch) {
  MatMulBlocks<F32Op<float>>(w, row_begin, row_end, x, out, scratch);
}

void MatMulF16T(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, const MatMulOutput& out,
                void* scratch) {
  MatMulBlocks<F32Op<hwy::float16_t>>(w, row_begin, row_end, x, out, scratch);
}

void MatMulBF16T(const WeightView& w, size_t row_begin, size_t row_end,
                 const ActivationView& x, const MatMulOutput& out,
                 void* scratch) {
  MatMulBlocks<F32Op<hwy::bfloat16_t>>(w, row_begin, row_end, x, out, scratch);
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatMulF32T);
HWY_EXPORT(MatMulF16T);
HWY_EXPORT(MatMulBF16T);

void MatMulF32(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, const MatMulOutput& out,
               void* scratch) {
  HWY_DYNAMIC_DISPATCH(MatMulF32T)(w, row_begin, row_end, x, out, scratch);
}

void MatMulF16(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, const MatMulOutput& out,
               void* scratch) {
  HWY_DYNAMIC_DISPATCH(MatMulF16T)(w, row_begin, row_end, x, out, scratch);
}

void MatMulBF16(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, const MatMulOutput& out,
                void* scratch) {
  HWY_DYNAMIC_DISPATCH(MatMulBF16T)(w, row_begin, row_end, x, out, scratch);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
