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
#include "tests/simd/quant_reference.h"

namespace krait::simd {

inline double BFloat16Value(uint16_t bits) {
  const uint32_t wide = uint32_t{bits} << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return double{value};
}

// Returns element `col` of row `row`, read byte by byte.
inline QuantElement ElementAt(const WeightView& w, size_t row, size_t col) {
  const uint8_t* at =
      static_cast<const uint8_t*>(w.data) + row * RowBytes(w.type, w.cols);
  switch (w.type) {
    case WeightType::kF32: {
      float value;
      std::memcpy(&value, at + col * 4, sizeof(value));
      return {double{value}};
    }
    case WeightType::kF16:
      return {HalfAt(at + col * 2)};
    case WeightType::kBF16:
      return {BFloat16Value(
          static_cast<uint16_t>(at[col * 2] | at[col * 2 + 1] << 8))};
    default:
      return QuantElementAt(w.type, at, col);
  }
}

inline double WeightValue(const WeightView& w, size_t row, size_t col) {
  return ElementAt(w, row, col).value();
}

// Random weights of the given type at an address that is `misalign` elements
// (bytes for formats with blocks) away from an aligned one.
class RandomWeights {
 public:
  RandomWeights(WeightType type, size_t rows, size_t cols, size_t misalign,
                std::mt19937& random) {
    const WeightFormat& format = FormatOf(type);
    const size_t unit = format.block_elements == 1 ? format.block_bytes : 1;
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
    auto any = static_cast<uint8_t>(random());
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
      default:
        if (type == WeightType::kQ8_0 && i % 34 == 5) return 0x80;
        FillQuantByte(type, i, any, &any);
    }
    return any;
  }

  std::vector<uint8_t> storage_;
  WeightView view_;
};

// Returns all formats.
inline std::vector<WeightType> AllWeightTypes() {
  std::vector<WeightType> types;
  for (const WeightFormat& format : kWeightFormats) {
    types.push_back(format.type);
  }
  return types;
}

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
