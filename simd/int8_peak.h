// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_INT8_PEAK_H_
#define KRAIT_SIMD_INT8_PEAK_H_

#include <cstddef>

namespace krait::simd {

// Multiplies int8 vectors in registers, with the instruction that MatMul of
// quantised weights uses, as fast as this core can: neither loads nor scales
// hold it up. Returns how many products were made and added; of a round, that
// depends on the width of vectors. For benchmarks: with the time that it takes
// it is what a prefill cannot exceed.
size_t MultiplyInt8(size_t rounds);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_INT8_PEAK_H_
