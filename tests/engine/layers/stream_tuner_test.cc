// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/stream_tuner.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

namespace krait::engine {
namespace {

constexpr auto& kDistances = StreamChoice::kDistances;

// Adds all samples, of which `of(distance index, number)` says what each took.
template <class Of>
std::optional<size_t> BestAfterAll(const Of& of) {
  StreamChoice choice;
  std::array<size_t, kDistances.size()> added = {};
  for (size_t i = 0; i < kDistances.size() * StreamChoice::kSamples; ++i) {
    EXPECT_EQ(choice.Best(), std::nullopt) << "after " << i;
    const size_t distance = choice.Next();
    choice.Add(distance, of(distance, added[distance]++));
  }
  for (const size_t samples : added) {
    EXPECT_EQ(samples, StreamChoice::kSamples);
  }
  return choice.Best();
}

TEST(StreamChoice, TakesTheOneThatTookLeast) {
  for (size_t best = 0; best < kDistances.size(); ++best) {
    EXPECT_EQ(BestAfterAll([&](size_t distance, size_t) {
                return distance == best ? 0.9 : 1.0;
              }),
              kDistances[best]);
  }
}

TEST(StreamChoice, KeepsTheDefaultWhereLittleIsGained) {
  EXPECT_EQ(BestAfterAll([](size_t distance, size_t) {
              return distance == 1 ? 0.99 : 1;
            }),
            kDistances[0]);
}

TEST(StreamChoice, IsNotMisledByAFewThatWereHeldUp) {
  EXPECT_EQ(BestAfterAll([](size_t distance, size_t number) {
              if (number % 4 == 0) return 50.0;  // something else ran
              return distance == 2 ? 0.9 : 1.0;
            }),
            kDistances[2]);
}

TEST(StreamChoice, TriesDistancesInNoOrder) {
  // Where every other product is of another matrix, each distance meets both.
  StreamChoice choice;
  std::array<std::array<size_t, 2>, kDistances.size()> met = {};
  for (size_t i = 0; i < 64; ++i) {
    const size_t distance = choice.Next();
    choice.Add(distance, 1);
    ++met[distance][i % 2];
  }
  for (const auto& matrices : met) {
    EXPECT_GT(matrices[0], 0U);
    EXPECT_GT(matrices[1], 0U);
  }
}

}  // namespace
}  // namespace krait::engine
