// SPDX-License-Identifier: Apache-2.0
// VNNI's dot product of bytes, on processors that Highway has no target for:
//
//   AVX3_VNNI  AVX-512 with VNNI, without the rest of AVX3_DL (Cascade Lake,
//              Cooper Lake)
//   AVX2_VNNI  AVX-VNNI, without AVX-512 (Core of the 12th generation and
//   later)
//
// Only the kernels of quantised products gain by it. They are compiled once
// more for each of these variants (vnni_avx3.cc, vnni_avx2.cc); everything else
// runs on the variant's base, a target of Highway's.
#ifndef KRAIT_SIMD_QUANT_VNNI_H_
#define KRAIT_SIMD_QUANT_VNNI_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "simd/quant/matmul_int8.h"
#include "simd/weight_format.h"

namespace krait::simd {

struct VnniVariant {
  std::string_view name;
  int64_t base;  // Highway's target
  RunInt8GroupFn run_group;
  size_t (*multiply_int8)(size_t rounds);  // of int8_peak.h
  // Of quantised formats, by WeightType.
  std::array<MatVecsFn, kWeightFormats.size()> mat_vecs;
  std::array<PackInt8Fn, kWeightFormats.size()> pack;
};

// Returns the variants that are compiled in and that this CPU has, if it has
// what their bases need: constant, best first.
const std::vector<const VnniVariant*>& SupportedVnniVariants();

// Returns the variant that kernels run on now, or null if they run on a target
// of Highway's. That is the best target of all unless ChooseVnniVariant() was
// called. Thread-safe.
const VnniVariant* ChosenVnniVariant();

// See ForceTarget() in simd/targets.h, which also restricts Highway's targets.
void ChooseVnniVariant(const VnniVariant* variant);

// Returns the chosen variant's kernel of a format, or `otherwise` if there is
// none: VnniKernel(&VnniVariant::pack, type, HWY_DYNAMIC_POINTER(...)).
template <typename Kernel>
Kernel VnniKernel(
    std::array<Kernel, kWeightFormats.size()> VnniVariant::*kernels,
    WeightType type, Kernel otherwise) {
  const VnniVariant* variant = ChosenVnniVariant();
  if (variant == nullptr) return otherwise;
  return (variant->*kernels)[static_cast<size_t>(type)];
}

}  // namespace krait::simd

#endif  // KRAIT_SIMD_QUANT_VNNI_H_
