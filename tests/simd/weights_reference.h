// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_SIMD_WEIGHTS_REFERENCE_H_
#define KRAIT_TESTS_SIMD_WEIGHTS_REFERENCE_H_

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <random>
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

inline double BFloat16Value(uint16_t bits) {
  const uint32_t wide = uint32_t{bits} << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return double{value};
}

// Returns element `col` of row `row`, read byte by byte.
inline double WeightValue(const WeightView& w, size_t row, size_t col) {
  const uint8_t* at =
      static_cast<const uint8_t*>(w.data) + row * RowBytes(w.type, w.cols);
  const auto bits_at = [](const uint8_t* p) {
    return static_cast<uint16_t>(p[0] | p[1] << 8);
  };
  switch (w.type) {
    case WeightType::kF32: {
      float value;
      std::memcpy(&value, at + col * 4, sizeof(value));
      return double{value};
    }
    case WeightType::kF16:
      return HalfValue(bits_at(at + col * 2));
    case WeightType::kBF16:
      return BFloat16Value(bits_at(at + col * 2));
    case WeightType::kQ8_0: {
      const uint8_t* block = at + col / 32 * 34;
      return HalfValue(bits_at(block)) *
             static_cast<int8_t>(block[2 + col % 32]);
    }
  }
  return 0.0;
}

// Random weights of the given type at an address that is `misalign` elements
// (bytes for kQ8_0) away from an aligned one.
class RandomWeights {
 public:
  RandomWeights(WeightType type, size_t rows, size_t cols, size_t misalign,
                std::mt19937& random) {
    const size_t unit = type == WeightType::kQ8_0  ? 1
                        : type == WeightType::kF32 ? 4
                                                   : 2;
    const size_t bytes = rows * RowBytes(type, cols);
    // Exactly as long as the data: reading past it is an error that
    // AddressSanitizer sees.
    storage_.resize(bytes + misalign * unit);
    uint8_t* data = storage_.data() + misalign * unit;
    for (size_t i = 0; i < bytes; ++i) data[i] = Byte(type, i, random);
    view_ = {.data = data, .type = type, .rows = rows, .cols = cols};
  }
  const WeightView& view() const { return view_; }

 private:
  // Any bytes, but exponents that keep values between 2^-7 and 2 in magnitude.
  // Quants take all values, -128 included.
  static uint8_t Byte(WeightType type, size_t i, std::mt19937& random) {
    const auto any = static_cast<uint8_t>(random());
    const auto sign = static_cast<uint8_t>(any & 0x80);
    switch (type) {
      case WeightType::kF32:
        if (i % 4 == 3) return sign | 0x3f;
        break;
      case WeightType::kBF16:
        if (i % 2 == 1) return sign | 0x3f;
        break;
      case WeightType::kF16:
        if (i % 2 == 1) return static_cast<uint8_t>(sign | 0x24 | (any & 0x1b));
        break;
      case WeightType::kQ8_0:
        if (i % 34 == 1) {
          return static_cast<uint8_t>(sign | 0x20 | (any & 0x07));
        }
        if (i % 34 == 5) return 0x80;
        break;
    }
    return any;
  }

  std::vector<uint8_t> storage_;
  WeightView view_;
};

// A 64-byte aligned buffer.
class AlignedBuffer {
 public:
  explicit AlignedBuffer(size_t bytes)
      : data_(new (std::align_val_t{64}) uint8_t[bytes]) {}
  ~AlignedBuffer() { ::operator delete[](data_, std::align_val_t{64}); }
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  void* get() const { return data_; }

 private:
  uint8_t* data_;
};

inline std::vector<float> RandomFloats(size_t n, std::mt19937& random) {
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  std::vector<float> values(n);
  for (float& value : values) value = uniform(random);
  return values;
}

}  // namespace krait::simd

#endif  // KRAIT_TESTS_SIMD_WEIGHTS_REFERENCE_H_
