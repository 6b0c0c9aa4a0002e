// SPDX-License-Identifier: Apache-2.0
#include "simd/targets.h"

#include <cstdint>

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/targets.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for it.
#include "hwy/highway.h"
#include "simd/quant/vnni.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {

static int64_t ThisTarget() {
  return HWY_TARGET;
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
namespace {

HWY_EXPORT(ThisTarget);

// The targets of this CPU that are compiled in. Read once, because
// ForceTarget() narrows what Highway reports.
const std::vector<int64_t>& AllTargets() {
  static const std::vector<int64_t> targets =
      hwy::SupportedAndGeneratedTargets();
  return targets;
}

// A mask of 0 means all that the CPU has.
void Restrict(int64_t mask) {
  hwy::SetSupportedTargetsForTest(mask);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

std::string CurrentTarget() {
  const VnniVariant* variant = ChosenVnniVariant();
  if (variant != nullptr) return std::string(variant->name);
  return hwy::TargetName(HWY_DYNAMIC_DISPATCH(ThisTarget)());
}

std::vector<std::string> SupportedTargets() {
  std::vector<std::string> names;
  for (int64_t target : AllTargets()) {
    for (const VnniVariant* variant : SupportedVnniVariants()) {
      if (variant->base == target) names.emplace_back(variant->name);
    }
    names.emplace_back(hwy::TargetName(target));
  }
  return names;
}

bool ForceTarget(const std::string& name) {
  const std::vector<int64_t>& targets = AllTargets();  // before any Restrict
  const std::string wanted = name.empty() ? SupportedTargets().front() : name;
  for (const VnniVariant* variant : SupportedVnniVariants()) {
    if (wanted == variant->name) {
      Restrict(name.empty() ? 0 : variant->base);
      ChooseVnniVariant(variant);
      return true;
    }
  }
  for (int64_t target : targets) {
    if (wanted == hwy::TargetName(target)) {
      Restrict(name.empty() ? 0 : target);
      ChooseVnniVariant(nullptr);
      return true;
    }
  }
  return false;
}

}  // namespace krait::simd
#endif  // HWY_ONCE
