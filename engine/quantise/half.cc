// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include "engine/quantise/encode.h"

namespace krait::engine {

uint16_t ToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16U & 0x8000U;
  const float magnitude = std::abs(value);
  if (magnitude >= 65520.0F) return static_cast<uint16_t>(sign | 0x7C00U);
  if (magnitude < 0x1p-14F) {  // subnormal: units of 2^-24
    const float units = std::nearbyint(std::ldexp(magnitude, 24));
    return static_cast<uint16_t>(sign | static_cast<uint32_t>(units));
  }
  const uint32_t rest = bits & 0x7FFFFFFFU;
  const uint32_t odd = rest >> 13U & 1U;
  const uint32_t rounded = rest + 0xFFFU + odd - (112U << 23U);
  return static_cast<uint16_t>(sign | rounded >> 13U);
}

float FromHalf(uint16_t bits) {
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  const int exponent = bits >> 10U & 31U;
  const auto mantissa = static_cast<float>(bits & 1023U);
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024.0F + mantissa, exponent - 25);
}

}  // namespace krait::engine
