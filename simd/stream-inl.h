// SPDX-License-Identifier: Apache-2.0
// How weights are read that come from memory: one linear stream a thread, and
// ahead of it a prefetch. On Zen 4 the stream alone is fastest; the hardware of
// Intel's cores loses it at the end of each page of 4 KiB.

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

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {

// Bytes. Xeon (Cascade Lake), busy, Q8_0: 6.1 GB/s without, 8.3 with 1024, 8.8
// with 2048 and 9.0 with 4096.
constexpr size_t kStreamAhead = 2048;

// Asks for what follows kStreamAhead behind the `bytes` at `at`, which may be
// beyond the weights.
HWY_INLINE void PrefetchStream(const void* HWY_RESTRICT at, size_t bytes) {
  const auto* p = static_cast<const uint8_t*>(at) + kStreamAhead;
  for (size_t i = 0; i < bytes; i += 64) hwy::Prefetch(p + i);
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
