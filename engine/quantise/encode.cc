// SPDX-License-Identifier: Apache-2.0
// Float32 to the formats' bits: the inverse of simd/quant/*.cc, which say what
// the bits mean.
//
// A format with blocks of 256 rounds twice: the scale of each 16 or 32 weights
// is found on its own, then all are rounded to 4, 6 or 8 bits times a common
// factor; quants are rounded with what became of their scale.
#include "engine/quantise/encode.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/quantise/scale_search.h"

namespace krait::engine {
namespace {

using Weights = std::span<const float>;

constexpr std::array<int, 16> kUnevenValues = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

void PutHalf(float value, uint8_t* out) {
  const uint16_t bits = ToHalf(value);
  std::memcpy(out, &bits, sizeof(bits));
}

float RoundedToHalf(float value) {
  return FromHalf(ToHalf(value));
}

int Round(float value, int lowest, int highest) {
  if (!(std::abs(value) < 1e6F)) return value > 0 ? highest : lowest;
  return std::clamp(static_cast<int>(std::lrint(value)), lowest, highest);
}

float Inverse(float scale) {
  return scale != 0 ? 1 / scale : 0;
}

// Two nibbles a byte: elements i and i + 16 of 32.
void PutNibbles(const std::array<int, 32>& quants, uint8_t* out) {
  for (size_t i = 0; i < 16; ++i) {
    out[i] =
        static_cast<uint8_t>((quants[i] & 15) | (quants[i + 16] & 15) << 4);
  }
}
void PutFifthBits(const std::array<int, 32>& quants, uint8_t* out) {
  for (size_t i = 0; i < 32; ++i) {
    out[i / 8] =
        static_cast<uint8_t>(out[i / 8] | (quants[i] >> 4 & 1) << (i % 8));
  }
}

// --- Blocks of 32
// -------------------------------------------------------------

void EncodeQ8_0(Weights x, uint8_t* out) {
  float largest = 0;
  for (const float v : x) largest = std::max(largest, std::abs(v));
  const float scale = RoundedToHalf(largest / 127);
  PutHalf(scale, out);
  for (size_t i = 0; i < 32; ++i) {
    out[2 + i] = static_cast<uint8_t>(Round(x[i] * Inverse(scale), -127, 127));
  }
}

// Q4_0 (lowest -8) and Q5_0 (-16).
std::array<int, 32> SymmetricQuants(Weights x, int lowest, uint8_t* out) {
  const float scale = RoundedToHalf(FindScale(x, lowest));
  PutHalf(scale, out);
  std::array<int, 32> quants;
  for (size_t i = 0; i < 32; ++i) {
    quants[i] = Round(x[i] * Inverse(scale), lowest, -lowest - 1) - lowest;
  }
  return quants;
}
void EncodeQ4_0(Weights x, uint8_t* out) {
  PutNibbles(SymmetricQuants(x, -8, out), out + 2);
}
void EncodeQ5_0(Weights x, uint8_t* out) {
  const auto quants = SymmetricQuants(x, -16, out);
  PutFifthBits(quants, out + 2);
  PutNibbles(quants, out + 6);
}

// Q4_1 (highest 15) and Q5_1 (31).
std::array<int, 32> RangeQuants(Weights x, int highest, uint8_t* out) {
  const auto found = FindScaleAndMinimum(x, highest, MinimumSign::kAny);
  const float scale = RoundedToHalf(found.scale);
  const float minimum = RoundedToHalf(found.minimum);
  PutHalf(scale, out);
  PutHalf(-minimum, out + 2);
  std::array<int, 32> quants;
  for (size_t i = 0; i < 32; ++i) {
    quants[i] = Round((x[i] + minimum) * Inverse(scale), 0, highest);
  }
  return quants;
}
void EncodeQ4_1(Weights x, uint8_t* out) {
  PutNibbles(RangeQuants(x, 15, out), out + 4);
}
void EncodeQ5_1(Weights x, uint8_t* out) {
  const auto quants = RangeQuants(x, 31, out);
  PutFifthBits(quants, out + 4);
  PutNibbles(quants, out + 8);
}

std::array<int, 32> UnevenQuants(Weights x, float scale) {
  std::array<int, 32> quants;
  for (size_t i = 0; i < 32; ++i) {
    quants[i] = Nearest(kUnevenValues, x[i] * Inverse(scale));
  }
  return quants;
}
void EncodeIQ4_NL(Weights x, uint8_t* out) {
  const float scale = RoundedToHalf(FindScale(x, kUnevenValues));
  PutHalf(scale, out);
  PutNibbles(UnevenQuants(x, scale), out + 2);
}

// --- Blocks of 256
// ------------------------------------------------------------

// The scales of kCount parts as whole numbers times a factor.
template <size_t kCount>
struct ScaledParts {
  float factor = 0;
  std::array<int, kCount> numbers = {};

  float operator[](size_t part) const {
    return factor * static_cast<float>(numbers[part]);
  }
};

// Signed numbers in [lowest, -lowest - 1], of which the extreme is `lowest`.
template <size_t kCount>
ScaledParts<kCount> RoundSigned(const std::array<float, kCount>& scales,
                                int lowest) {
  float extreme = 0;
  for (const float scale : scales) {
    if (std::abs(scale) > std::abs(extreme)) extreme = scale;
  }
  ScaledParts<kCount> parts;
  parts.factor = RoundedToHalf(extreme / static_cast<float>(lowest));
  for (size_t i = 0; i < kCount; ++i) {
    parts.numbers[i] =
        Round(scales[i] * Inverse(parts.factor), lowest, -lowest - 1);
  }
  return parts;
}

// Numbers in [0, highest].
template <size_t kCount>
ScaledParts<kCount> RoundUnsigned(const std::array<float, kCount>& scales,
                                  int highest) {
  ScaledParts<kCount> parts;
  parts.factor =
      RoundedToHalf(std::ranges::max(scales) / static_cast<float>(highest));
  for (size_t i = 0; i < kCount; ++i) {
    parts.numbers[i] = Round(scales[i] * Inverse(parts.factor), 0, highest);
  }
  return parts;
}

// 256 quants with scales of one for each 256 / kCount.
template <size_t kCount>
std::array<int, 256> SignedQuants(Weights x, const ScaledParts<kCount>& scales,
                                  int lowest) {
  std::array<int, 256> quants;
  for (size_t i = 0; i < 256; ++i) {
    const float inverse = Inverse(scales[i / (256 / kCount)]);
    quants[i] = Round(x[i] * inverse, lowest, -lowest - 1) - lowest;
  }
  return quants;
}

template <size_t kCount>
ScaledParts<kCount> FindSignedScales(Weights x, int lowest, int lowest_number) {
  constexpr size_t kPart = 256 / kCount;
  std::array<float, kCount> scales;
  for (size_t i = 0; i < kCount; ++i) {
    scales[i] = FindScale(x.subspan(i * kPart, kPart), lowest);
  }
  return RoundSigned(scales, lowest_number);
}

// Scales and minima as whole numbers, and the quants that suit them.
template <size_t kCount>
struct RangeParts {
  RangeParts(Weights x, int highest, int highest_number) {
    constexpr size_t kPart = 256 / kCount;
    std::array<float, kCount> found_scales;
    std::array<float, kCount> found_minima;
    for (size_t i = 0; i < kCount; ++i) {
      const auto found = FindScaleAndMinimum(
          x.subspan(i * kPart, kPart), highest, MinimumSign::kNotNegative);
      found_scales[i] = std::max(found.scale, 0.0F);
      found_minima[i] = std::max(found.minimum, 0.0F);
    }
    scales = RoundUnsigned(found_scales, highest_number);
    minima = RoundUnsigned(found_minima, highest_number);
    for (size_t i = 0; i < 256; ++i) {
      const size_t part = i / kPart;
      quants[i] =
          Round((x[i] + minima[part]) * Inverse(scales[part]), 0, highest);
    }
  }
  ScaledParts<kCount> scales;
  ScaledParts<kCount> minima;
  std::array<int, 256> quants;
};

// Bit pairs of elements that are 32 apart share a byte; of 128 elements each.
void PutPairs(const std::array<int, 256>& quants, uint8_t* out) {
  for (size_t i = 0; i < 256; ++i) {
    uint8_t& byte = out[i / 128 * 32 + i % 32];
    byte = static_cast<uint8_t>(byte | (quants[i] & 3) << i % 128 / 32 * 2);
  }
}

// Nibbles of elements that are 32 apart share a byte; of 64 elements each.
void PutNibblesOfParts(const std::array<int, 256>& quants, uint8_t* out) {
  for (size_t i = 0; i < 256; ++i) {
    uint8_t& byte = out[i / 64 * 32 + i % 32];
    byte = static_cast<uint8_t>(byte | (quants[i] & 15) << i / 32 % 2 * 4);
  }
}

// Bit `bit` of all quants: a bit of byte i % 32 for each part.
void PutBitOfParts(const std::array<int, 256>& quants, int bit, uint8_t* out) {
  for (size_t i = 0; i < 256; ++i) {
    uint8_t& byte = out[i % 32];
    byte = static_cast<uint8_t>(byte | (quants[i] >> bit & 1) << i / 32);
  }
}

void EncodeQ2_K(Weights x, uint8_t* out) {
  const RangeParts<16> parts(x, 3, 15);
  for (size_t i = 0; i < 16; ++i) {
    out[i] = static_cast<uint8_t>(parts.scales.numbers[i] |
                                  parts.minima.numbers[i] << 4);
  }
  PutPairs(parts.quants, out + 16);
  PutHalf(parts.scales.factor, out + 80);
  PutHalf(parts.minima.factor, out + 82);
}

void EncodeQ3_K(Weights x, uint8_t* out) {
  const auto scales = FindSignedScales<16>(x, -4, -32);
  const auto quants = SignedQuants(x, scales, -4);
  PutBitOfParts(quants, 2, out);
  PutPairs(quants, out + 32);
  uint8_t* packed = out + 96;
  for (size_t i = 0; i < 16; ++i) {
    const int number = scales.numbers[i] + 32;
    uint8_t& low = packed[i % 8];
    low = static_cast<uint8_t>(low | (number & 15) << i / 8 * 4);
    uint8_t& high = packed[8 + i % 4];
    high = static_cast<uint8_t>(high | number >> 4 << i / 4 * 2);
  }
  PutHalf(scales.factor, out + 108);
}

// Eight scales and eight minima of 6 bits each in 12 bytes.
void PutSixBits(const std::array<int, 8>& scales,
                const std::array<int, 8>& minima, uint8_t* out) {
  for (size_t i = 0; i < 4; ++i) {
    const auto top = [](int number) { return number >> 4 << 6; };
    out[i] = static_cast<uint8_t>(scales[i] | top(scales[i + 4]));
    out[i + 4] = static_cast<uint8_t>(minima[i] | top(minima[i + 4]));
    out[i + 8] =
        static_cast<uint8_t>((scales[i + 4] & 15) | (minima[i + 4] & 15) << 4);
  }
}

void PutRangeHead(const RangeParts<8>& parts, uint8_t* out) {
  PutHalf(parts.scales.factor, out);
  PutHalf(parts.minima.factor, out + 2);
  PutSixBits(parts.scales.numbers, parts.minima.numbers, out + 4);
}

void EncodeQ4_K(Weights x, uint8_t* out) {
  const RangeParts<8> parts(x, 15, 63);
  PutRangeHead(parts, out);
  PutNibblesOfParts(parts.quants, out + 16);
}

void EncodeQ5_K(Weights x, uint8_t* out) {
  const RangeParts<8> parts(x, 31, 63);
  PutRangeHead(parts, out);
  PutBitOfParts(parts.quants, 4, out + 16);
  PutNibblesOfParts(parts.quants, out + 48);
}

void EncodeQ6_K(Weights x, uint8_t* out) {
  const auto scales = FindSignedScales<16>(x, -32, -128);
  const auto quants = SignedQuants(x, scales, -32);
  for (size_t i = 0; i < 256; ++i) {
    const size_t half = i / 128;
    const size_t quarter = i % 128 / 32;
    uint8_t& low = out[half * 64 + quarter % 2 * 32 + i % 32];
    low = static_cast<uint8_t>(low | (quants[i] & 15) << quarter / 2 * 4);
    uint8_t& high = out[128 + half * 32 + i % 32];
    high = static_cast<uint8_t>(high | quants[i] >> 4 << quarter * 2);
  }
  for (size_t i = 0; i < 16; ++i) {
    out[192 + i] = static_cast<uint8_t>(scales.numbers[i]);
  }
  PutHalf(scales.factor, out + 208);
}

void EncodeIQ4_XS(Weights x, uint8_t* out) {
  std::array<float, 8> found;
  for (size_t i = 0; i < 8; ++i) {
    found[i] = FindScale(x.subspan(i * 32, 32), kUnevenValues);
  }
  const auto scales = RoundSigned(found, -32);
  PutHalf(scales.factor, out);
  for (size_t i = 0; i < 8; ++i) {
    const int number = scales.numbers[i] + 32;
    uint8_t& high = out[2 + i / 4];
    high = static_cast<uint8_t>(high | number >> 4 << i % 4 * 2);
    uint8_t& low = out[4 + i / 2];
    low = static_cast<uint8_t>(low | (number & 15) << i % 2 * 4);
    PutNibbles(UnevenQuants(x.subspan(i * 32, 32), scales[i]),
               out + 8 + 16 * i);
  }
}

// --- Plain floats
// -------------------------------------------------------------

void EncodeF32(Weights x, uint8_t* out) {
  std::memcpy(out, x.data(), sizeof(float));
}
void EncodeF16(Weights x, uint8_t* out) {
  PutHalf(x[0], out);
}
void EncodeBF16(Weights x, uint8_t* out) {
  uint32_t bits = 0;
  std::memcpy(&bits, x.data(), sizeof(bits));
  const auto rounded =
      static_cast<uint16_t>((bits + 0x7FFFU + (bits >> 16U & 1U)) >> 16U);
  std::memcpy(out, &rounded, sizeof(rounded));
}

// Writes one block into bytes that are 0.
using EncodeBlock = void (*)(Weights x, uint8_t* out);
struct Encoder {
  TensorType type;
  EncodeBlock encode;
};
constexpr std::array kEncoders = {
    Encoder{TensorType::kF32, EncodeF32},
    Encoder{TensorType::kF16, EncodeF16},
    Encoder{TensorType::kBF16, EncodeBF16},
    Encoder{TensorType::kQ4_0, EncodeQ4_0},
    Encoder{TensorType::kQ4_1, EncodeQ4_1},
    Encoder{TensorType::kQ5_0, EncodeQ5_0},
    Encoder{TensorType::kQ5_1, EncodeQ5_1},
    Encoder{TensorType::kQ8_0, EncodeQ8_0},
    Encoder{TensorType::kQ2_K, EncodeQ2_K},
    Encoder{TensorType::kQ3_K, EncodeQ3_K},
    Encoder{TensorType::kQ4_K, EncodeQ4_K},
    Encoder{TensorType::kQ5_K, EncodeQ5_K},
    Encoder{TensorType::kQ6_K, EncodeQ6_K},
    Encoder{TensorType::kIQ4_NL, EncodeIQ4_NL},
    Encoder{TensorType::kIQ4_XS, EncodeIQ4_XS},
};

EncodeBlock FindEncoder(TensorType type) {
  const auto* found = std::ranges::find(kEncoders, type, &Encoder::type);
  return found == kEncoders.end() ? nullptr : found->encode;
}

}  // namespace

bool CanEncode(TensorType type) {
  return FindEncoder(type) != nullptr;
}

void Encode(TensorType type, std::span<const float> row, std::byte* out) {
  const EncodeBlock encode = FindEncoder(type);
  const TensorTypeInfo* info = FindTensorTypeInfo(type);
  std::array<uint8_t, 256> block;
  for (size_t i = 0; i < row.size(); i += info->block_elements) {
    block.fill(0);
    encode(row.subspan(i, info->block_elements), block.data());
    std::memcpy(out, block.data(), info->block_bytes);
    out += info->block_bytes;
  }
}

}  // namespace krait::engine
