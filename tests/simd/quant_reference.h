// SPDX-License-Identifier: Apache-2.0
// What the bits of quantised weights mean, element by element, written from
// the formats' description (ggml's block structs) and from nothing in simd/.
#ifndef KRAIT_TESTS_SIMD_QUANT_REFERENCE_H_
#define KRAIT_TESTS_SIMD_QUANT_REFERENCE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "simd/weights.h"

namespace krait::simd {

// Returns the value of IEEE binary16 `bits`, from the definition.
inline double HalfValue(uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  if (exponent == 31) {
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

inline double HalfAt(const uint8_t* p) {
  return HalfValue(static_cast<uint16_t>(p[0] | p[1] << 8));
}

// An element: value = product - minimum.
struct QuantElement {
  double product = 0.0;
  double minimum = 0.0;
  // Quants that are stored as unsigned numbers, or made ones by a kernel, are
  // multiplied so, and the offset's part is taken off at the end.
  double offset = 0.0;

  double value() const { return product - minimum; }
  // What rounding errors of sums are relative to.
  double magnitude() const {
    return std::abs(product) + std::abs(minimum) + 2 * std::abs(offset);
  }
};

// Where the bytes of a block's binary16 numbers are: the scale (or the factor
// of scales), then the minimum.
struct HalfOffsets {
  size_t scale;
  size_t minimum;  // 0: the format has none
};
inline HalfOffsets HalvesOf(WeightType type) {
  switch (type) {
    case WeightType::kQ4_1:
    case WeightType::kQ5_1:
    case WeightType::kQ4_K:
    case WeightType::kQ5_K:
      return {0, 2};
    case WeightType::kQ2_K:
      return {80, 82};
    case WeightType::kQ3_K:
      return {108, 0};
    case WeightType::kQ6_K:
      return {208, 0};
    default:
      return {0, 0};
  }
}

inline int Bit(const uint8_t* bytes, size_t i) {
  return bytes[i / 8] >> (i % 8) & 1;
}

// Nibble i of 32: low ones of 16 bytes first.
inline int NibbleAt(const uint8_t* bytes, size_t i) {
  return i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4;
}

inline int UnevenValue(int nibble) {
  constexpr int kValues[] = {-127, -104, -83, -65, -49, -35, -22, -10,
                             1,    13,   25,  38,  53,  69,  89,  113};
  return kValues[nibble];
}

// 6-bit scale j and minimum j of Q4_K and Q5_K.
inline int SixBitScale(const uint8_t* s, size_t j) {
  return j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
}
inline int SixBitMinimum(const uint8_t* s, size_t j) {
  return j < 4 ? s[j + 4] & 63 : s[j + 4] >> 4 | (s[j] >> 6) << 4;
}

// Element i of a block of 32.
inline QuantElement SmallBlockElement(WeightType type, const uint8_t* block,
                                      size_t i) {
  const double scale = HalfAt(block);
  switch (type) {
    case WeightType::kQ4_0:
      return {scale * (NibbleAt(block + 2, i) - 8), 0.0, scale * 8};
    case WeightType::kQ4_1:
      return {scale * NibbleAt(block + 4, i), -HalfAt(block + 2)};
    case WeightType::kQ5_0:
      return {scale * ((NibbleAt(block + 6, i) | Bit(block + 2, i) << 4) - 16),
              0.0, scale * 16};
    case WeightType::kQ5_1:
      return {scale * (NibbleAt(block + 8, i) | Bit(block + 4, i) << 4),
              -HalfAt(block + 2)};
    case WeightType::kIQ4_NL:
      return {scale * UnevenValue(NibbleAt(block + 2, i)), 0.0, scale * 128};
    default:  // Q8_0
      return {scale * static_cast<int8_t>(block[2 + i]), 0.0, scale * 128};
  }
}

// Element i of a block of 256: its 128 elements begin with part 0 or 4 of 32.
inline QuantElement LargeBlockElement(WeightType type, const uint8_t* block,
                                      size_t i) {
  const size_t part = i / 32;
  const size_t in_part = i % 32;
  const size_t half = i / 128;
  const size_t quarter = part % 4;
  const auto pair = [&](const uint8_t* quants) {  // of 128 elements a 32 bytes
    return quants[half * 32 + in_part] >> 2 * quarter & 3;
  };
  const auto nibble = [&](const uint8_t* quants) {  // of 64 elements a 32 bytes
    const int byte = quants[part / 2 * 32 + in_part];
    return part % 2 == 0 ? byte & 15 : byte >> 4;
  };
  switch (type) {
    case WeightType::kQ2_K: {
      const int packed = block[i / 16];
      return {HalfAt(block + 80) * (packed & 15) * pair(block + 16),
              HalfAt(block + 82) * (packed >> 4)};
    }
    case WeightType::kQ3_K: {
      const uint8_t* s = block + 96;
      const size_t j = i / 16;
      const int scale = (j < 8 ? s[j] & 15 : s[j - 8] >> 4) |
                        (s[8 + j % 4] >> 2 * (j / 4) & 3) << 4;
      const int third = block[in_part] >> part & 1;
      const double factor = HalfAt(block + 108) * (scale - 32);
      return {factor * (pair(block + 32) - (third != 0 ? 0 : 4)), 0.0,
              factor * 4};
    }
    case WeightType::kQ4_K:
      return {HalfAt(block) * SixBitScale(block + 4, part) * nibble(block + 16),
              HalfAt(block + 2) * SixBitMinimum(block + 4, part)};
    case WeightType::kQ5_K: {
      const int fifth = block[16 + in_part] >> part & 1;
      return {HalfAt(block) * SixBitScale(block + 4, part) *
                  (nibble(block + 48) | fifth << 4),
              HalfAt(block + 2) * SixBitMinimum(block + 4, part)};
    }
    case WeightType::kQ6_K: {
      const int low = block[half * 64 + quarter % 2 * 32 + in_part];
      const int high = block[128 + half * 32 + in_part] >> 2 * quarter & 3;
      const int quant = (quarter < 2 ? low & 15 : low >> 4) | high << 4;
      const double factor =
          HalfAt(block + 208) * static_cast<int8_t>(block[192 + i / 16]);
      return {factor * (quant - 32), 0.0, factor * 32};
    }
    default: {  // IQ4_XS
      const int low = block[4 + part / 2] >> 4 * (part % 2) & 15;
      const int high = (block[2] | block[3] << 8) >> 2 * part & 3;
      const double factor = HalfAt(block) * ((low | high << 4) - 32);
      return {factor * UnevenValue(NibbleAt(block + 8 + 16 * part, in_part)),
              0.0, factor * 128};
    }
  }
}

// Element i of a row of blocks.
inline QuantElement QuantElementAt(WeightType type, const uint8_t* row,
                                   size_t i) {
  const WeightFormat& format = FormatOf(type);
  const uint8_t* block = row + i / format.block_elements * format.block_bytes;
  return format.block_elements == 32 ? SmallBlockElement(type, block, i % 32)
                                     : LargeBlockElement(type, block, i % 256);
}

// Returns a row's bytes: any bits, but for the binary16 numbers, which are
// between 2^-7 and 2^-4 in magnitude.
inline void FillQuantByte(WeightType type, size_t i, uint8_t any,
                          uint8_t* byte) {
  const size_t in_block = i % FormatOf(type).block_bytes;
  const HalfOffsets halves = HalvesOf(type);
  const bool is_high = in_block == halves.scale + 1 ||
                       (halves.minimum != 0 && in_block == halves.minimum + 1);
  *byte =
      is_high ? static_cast<uint8_t>((any & 0x80) | 0x20 | (any & 0x0b)) : any;
}

}  // namespace krait::simd

#endif  // KRAIT_TESTS_SIMD_QUANT_REFERENCE_H_
