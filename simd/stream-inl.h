// SPDX-License-Identifier: Apache-2.0
// How weights are read that come from memory: one linear stream a thread, and
// ahead of it a prefetch, as the hardware of Intel's cores loses the stream at
// the end of each page of 4 KiB. How far ahead is best differs between machines
// (stream.h).

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_STREAM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_STREAM_INL_H_
#undef KRAIT_SIMD_STREAM_INL_H_
#else
#define KRAIT_SIMD_STREAM_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "simd/stream.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {

// Asks for what follows StreamAhead() behind the `bytes` at `at`, which may be
// beyond the weights.
HWY_INLINE void PrefetchStream(const void* HWY_RESTRICT at, size_t bytes) {
  const auto* p = static_cast<const uint8_t*>(at) + StreamAhead();
  for (size_t i = 0; i < bytes; i += 64) hwy::Prefetch(p + i);
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
