// SPDX-License-Identifier: Apache-2.0
#include "simd/quant/vnni.h"

#include <atomic>

#include "hwy/targets.h"

#ifdef KRAIT_SIMD_VNNI_VARIANTS
#include <cpuid.h>
#endif

namespace krait::simd {

#ifdef KRAIT_SIMD_VNNI_VARIANTS
// Defined by the files of those names.
extern const VnniVariant kVnniAvx3;
extern const VnniVariant kVnniAvx2;
#endif

namespace {

#ifdef KRAIT_SIMD_VNNI_VARIANTS

// Whether the CPU has the instructions; that the system saves their registers
// is asked of Highway, as it is the same as for the bases.
struct CpuFeatures {
  bool avx512_vnni = false;
  bool avx_vnni = false;
};

CpuFeatures ReadCpuFeatures() {
  CpuFeatures features;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return features;
  const unsigned last_subleaf = eax;
  features.avx512_vnni = (ecx >> 11 & 1) != 0;
  if (last_subleaf < 1) return features;
  __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx);
  features.avx_vnni = (eax >> 4 & 1) != 0;
  return features;
}

std::vector<const VnniVariant*> FindSupported() {
  const CpuFeatures features = ReadCpuFeatures();
  const int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  std::vector<const VnniVariant*> variants;
  if (features.avx512_vnni && (targets & kVnniAvx3.base) != 0) {
    variants.push_back(&kVnniAvx3);
  }
  if (features.avx_vnni && (targets & kVnniAvx2.base) != 0) {
    variants.push_back(&kVnniAvx2);
  }
  return variants;
}

#else

std::vector<const VnniVariant*> FindSupported() {
  return {};
}

#endif  // KRAIT_SIMD_VNNI_VARIANTS

// A variant is better than its base, but no better than what is better than
// the base.
const VnniVariant* Best() {
  const int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  const int64_t best = targets & -targets;  // Highway's lowest bit
  for (const VnniVariant* variant : SupportedVnniVariants()) {
    if (variant->base == best) return variant;
  }
  return nullptr;
}

std::atomic<const VnniVariant*>& Chosen() {
  static std::atomic<const VnniVariant*> chosen = Best();
  return chosen;
}

}  // namespace

const std::vector<const VnniVariant*>& SupportedVnniVariants() {
  // Read once, because ForceTarget() narrows what Highway reports.
  static const std::vector<const VnniVariant*> variants = FindSupported();
  return variants;
}

const VnniVariant* ChosenVnniVariant() {
  return Chosen().load(std::memory_order_relaxed);
}

void ChooseVnniVariant(const VnniVariant* variant) {
  Chosen().store(variant, std::memory_order_relaxed);
}

}  // namespace krait::simd
