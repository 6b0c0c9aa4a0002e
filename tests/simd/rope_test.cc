// SPDX-License-Identifier: Apache-2.0
#include "simd/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/simd/each_target.h"
#include "tests/simd/random_floats.h"

namespace krait::simd {
namespace {

class RopeTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(RopeTest);

// Index of element `part` (0 or 1) of pair i.
size_t PairIndex(RopePairing pairing, size_t i, size_t part, size_t dim) {
  return pairing == RopePairing::kAdjacent ? 2 * i + part : i + part * dim / 2;
}

std::vector<double> Frequencies(size_t dim, double base) {
  std::vector<double> frequencies(dim / 2);
  for (size_t i = 0; i < frequencies.size(); ++i) {
    frequencies[i] = std::pow(
        base, -2.0 * static_cast<double>(i) / static_cast<double>(dim));
  }
  return frequencies;
}

void CheckRope(RopePairing pairing, uint64_t position, double base,
               size_t heads, size_t head_dim, size_t dim) {
  RandomFloats random(static_cast<uint32_t>(heads * head_dim + dim));
  const std::vector<float> before = random.Draw(heads * head_dim + 1);
  std::vector<float> x = before;
  std::vector<float> cos(dim / 2);
  std::vector<float> sin(dim / 2);
  RopeAngles(position, Frequencies(dim, base), cos.data(), sin.data());
  Rope(pairing, cos.data(), sin.data(), heads, head_dim, dim, x.data());
  std::vector<double> expected(before.begin(), before.end());
  for (size_t head = 0; head < heads; ++head) {
    for (size_t i = 0; i < dim / 2; ++i) {
      const double angle = static_cast<double>(position) /
                           std::pow(base, 2.0 * static_cast<double>(i) /
                                              static_cast<double>(dim));
      const size_t at0 = head * head_dim + PairIndex(pairing, i, 0, dim);
      const size_t at1 = head * head_dim + PairIndex(pairing, i, 1, dim);
      const double x0 = static_cast<double>(before[at0]);
      const double x1 = static_cast<double>(before[at1]);
      expected[at0] = x0 * std::cos(angle) - x1 * std::sin(angle);
      expected[at1] = x0 * std::sin(angle) + x1 * std::cos(angle);
    }
  }
  // The angle's own error in double, position * 2^-52 or so, stays far below
  // the roundings of inputs of magnitude one.
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(x[i]), expected[i], 4e-7)
        << i << " at position " << position << ", dim " << dim;
  }
}

TEST_P(RopeTest, RotatesBothPairingsByTheAngle) {
  for (RopePairing pairing :
       {RopePairing::kAdjacent, RopePairing::kHalfSplit}) {
    for (uint64_t position :
         {0ull, 1ull, 17ull, 4095ull, 131072ull, 9999999ull}) {
      CheckRope(pairing, position, 1e4, 3, 128, 128);
      CheckRope(pairing, position, 1e6, 2, 64, 64);
      CheckRope(pairing, position, 1e4, 5, 22, 22);
      CheckRope(pairing, position, 1e4, 2, 7, 2);
    }
  }
}

TEST_P(RopeTest, LeavesTheRestOfTheHeadAlone) {
  for (RopePairing pairing :
       {RopePairing::kAdjacent, RopePairing::kHalfSplit}) {
    CheckRope(pairing, 12345, 1e4, 4, 80, 32);
    CheckRope(pairing, 12345, 1e4, 4, 33, 18);
  }
}

TEST_P(RopeTest, PositionZeroChangesNothing) {
  std::vector<float> cos(32);
  std::vector<float> sin(32);
  RopeAngles(0, Frequencies(64, 1e4), cos.data(), sin.data());
  const std::vector<float> before = RandomFloats(1).Draw(64);
  std::vector<float> x = before;
  Rope(RopePairing::kAdjacent, cos.data(), sin.data(), 1, 64, 64, x.data());
  EXPECT_EQ(x, before);
}

}  // namespace
}  // namespace krait::simd
