// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_STREAM_H_
#define KRAIT_SIMD_STREAM_H_

#include <atomic>
#include <cstddef>

namespace krait::simd {

// What MatVecs begins with. Decoding, in tokens/s with 1, 2, 4, 8 and 16 KiB
// (Emerald Rapids, quiet): TinyLlama Q5_K 27.1, 29.3, 31.9, 29.8, 31.8; Q8_0
// 19.4, 20.5, 22.1, 21.1, 20.6.
inline constexpr size_t kDefaultStreamAhead = 4096;

namespace internal {
inline std::atomic<size_t> stream_ahead{kDefaultStreamAhead};
}  // namespace internal

// How many bytes ahead of the weights that it reads MatVecs asks for more. No
// result depends on it. Thread-safe; of the whole process.
inline size_t StreamAhead() {
  return internal::stream_ahead.load(std::memory_order_relaxed);
}
inline void SetStreamAhead(size_t bytes) {
  internal::stream_ahead.store(bytes, std::memory_order_relaxed);
}

}  // namespace krait::simd

#endif  // KRAIT_SIMD_STREAM_H_
