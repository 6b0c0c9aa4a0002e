// SPDX-License-Identifier: Apache-2.0
// A format's kernels, made from the struct that blocks-inl.h describes. Its
// file in this folder ends with
//   KRAIT_QUANT_KERNELS(Q4_K);       in the target's namespace
//   KRAIT_EXPORT_QUANT_KERNELS(Q4_K)   under HWY_ONCE, in krait::simd
// where the struct and the row in weight_format.h bear the same name.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_KERNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_KERNELS_INL_H_
#undef KRAIT_SIMD_QUANT_KERNELS_INL_H_
#else
#define KRAIT_SIMD_QUANT_KERNELS_INL_H_
#endif

#include "simd/quant/bits-inl.h"
#include "simd/quant/blocks-inl.h"
#include "simd/quant/int8_panel-inl.h"
#include "simd/quant/row_product-inl.h"
#include "simd/quant/vnni.h"

#undef KRAIT_EXPAND_KERNEL
#ifdef KRAIT_VNNI_VARIANT  // has no use for it
#define KRAIT_EXPAND_KERNEL(Name)
#else
#define KRAIT_EXPAND_KERNEL(Name)                                     \
  void Expand##Name##T(const uint8_t* row, size_t cols, float* out) { \
    ExpandBlocks<Name>(row, cols, out);                               \
  }
#endif

#undef KRAIT_QUANT_KERNELS
#define KRAIT_QUANT_KERNELS(Name)                                              \
  KRAIT_EXPAND_KERNEL(Name)                                                    \
  void MatVecs##Name##T(const WeightView& w, size_t row_begin, size_t row_end, \
                        const ActivationView& x, float* const* y) {            \
    MultiplyRows<Name>(w, row_begin, row_end, x, y);                           \
  }                                                                            \
  void Pack##Name##T(const WeightView& w, const Int8Group& group,              \
                     uint8_t* panels) {                                        \
    PackInt8Group<Name>(w, group, panels);                                     \
  }                                                                            \
  static_assert(Name::kType == WeightType::k##Name)

#undef KRAIT_EXPORT_QUANT_KERNELS
#define KRAIT_EXPORT_QUANT_KERNELS(Name)                                    \
  HWY_EXPORT(Expand##Name##T);                                              \
  HWY_EXPORT(MatVecs##Name##T);                                             \
  HWY_EXPORT(Pack##Name##T);                                                \
  void Expand##Name(const uint8_t* row, size_t cols, float* out) {          \
    HWY_DYNAMIC_DISPATCH(Expand##Name##T)(row, cols, out);                  \
  }                                                                         \
  void MatVecs##Name(const WeightView& w, size_t row_begin, size_t row_end, \
                     const ActivationView& x, float* const* y) {            \
    const MatVecsFn multiply =                                              \
        VnniKernel(&VnniVariant::mat_vecs, WeightType::k##Name,             \
                   HWY_DYNAMIC_POINTER(MatVecs##Name##T));                  \
    multiply(w, row_begin, row_end, x, y);                                  \
  }                                                                         \
  void MatMul##Name(const WeightView& w, size_t row_begin, size_t row_end,  \
                    const ActivationView& x, const MatMulOutput& out,       \
                    void* scratch) {                                        \
    using Format = HWY_STATIC_DISPATCH(Name);                               \
    const PackInt8Fn pack =                                                 \
        VnniKernel(&VnniVariant::pack, WeightType::k##Name,                 \
                   HWY_DYNAMIC_POINTER(Pack##Name##T));                     \
    const Int8Packing packing{.pack = pack,                                 \
                              .scale_elements = Format::kScaleElements,     \
                              .has_minima = Format::kHasMinima,             \
                              .offset = Format::kOffset,                    \
                              .raw_max = Format::kRawMax};                  \
    MatMulInt8(packing, w, row_begin, row_end, x, out, scratch);            \
  }

#endif  // per-target include guard
