// SPDX-License-Identifier: Apache-2.0
// The largest logits that shaders find against a sort, and their sums against
// one in double.

#include "engine/vulkan/top_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "tests/engine/vulkan/kernels_fixture.h"

namespace krait::engine::vulkan {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class TopKernelTest : public KernelsTest {
 protected:
  void SetUp() override {
    KernelsTest::SetUp();
    if (IsSkipped()) return;
    auto made = TopKernel::Create(kernels_->pipelines());
    ASSERT_TRUE(made) << made.error().message;
    kernel_ = std::move(*made);
  }

  // The lists of rows of logits, one behind the other, with their heads.
  std::vector<DeviceLogit> Find(const std::vector<float>& logits, size_t rows,
                                size_t count) {
    const size_t vocab = logits.size() / rows;
    const size_t size = rows * (1 + count);
    const Slice lists = Put(std::vector<DeviceLogit>(size, {-77, 77}));
    const Slice parts =
        Room(TopKernel::PartsBytes(rows, vocab) / sizeof(float));
    commands_->Begin();
    kernel_->Record(*commands_, {.logits = Put(logits).address,
                                 .rows = rows,
                                 .vocab = vocab,
                                 .count = count,
                                 .parts = parts.address,
                                 .lists = lists.address});
    commands_->Run();
    return Get<DeviceLogit>(lists, size);
  }

  // Ids of the finite logits of a row, the largest first.
  static std::vector<TokenId> Sorted(std::span<const float> row) {
    std::vector<TokenId> ids;
    for (size_t id = 0; id < row.size(); ++id) {
      if (std::isfinite(row[id])) ids.push_back(static_cast<TokenId>(id));
    }
    std::ranges::sort(ids, [row](TokenId a, TokenId b) {
      return row[a] != row[b] ? row[a] > row[b] : a < b;
    });
    return ids;
  }

  static double LogSum(std::span<const float> row) {
    const double largest = double{std::ranges::max(row)};
    double sum = 0;
    for (const float logit : row) sum += std::exp(double{logit} - largest);
    return largest + std::log(sum);
  }

  void ExpectRowsAreFound(const std::vector<float>& logits, size_t rows,
                          size_t count) {
    const size_t vocab = logits.size() / rows;
    const std::vector<DeviceLogit> lists = Find(logits, rows, count);
    for (size_t r = 0; r < rows; ++r) {
      const auto row = std::span(logits).subspan(r * vocab, vocab);
      const auto list = std::span(lists).subspan(r * (1 + count), 1 + count);
      std::vector<TokenId> expected = Sorted(row);
      expected.resize(std::min(count, expected.size()));
      TopLogits top;
      ASSERT_TRUE(TopKernel::Read(list, count, &top));
      ASSERT_EQ(top.ids, expected) << "row " << r;
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(top.values[i], row[expected[i]]);
      }
      // Of an exponential: 3 + 2 |x| units in the last place, where x is worth
      // it no more than 20; of the sums of 128 invocations a few hundred terms.
      ASSERT_NEAR(top.log_sum, LogSum(row),
                  4e-5 + 1e-6 * std::abs(LogSum(row)));
    }
  }

  std::unique_ptr<const TopKernel> kernel_;
};

// Sizes about those of invocations, of slices and of as many slices as there
// may be; few different logits, so that most are ties.
TEST_F(TopKernelTest, AnyShapeIsThatOfASort) {
  std::vector<size_t> sizes = {1,    2,    127,    128,    129,    1023,  1024,
                               1025, 4096, 131071, 131072, 131073, 300000};
  for (int i = 0; i < 8; ++i) sizes.push_back(Pick(1, 20000));
  for (const size_t vocab : sizes) {
    SCOPED_TRACE(vocab);
    const bool is_large = vocab > 100000;
    const size_t rows = is_large ? 1 : Pick(1, 4);
    std::vector<float> logits = Random(rows * vocab, -30, 30);
    if (Pick(0, 1) == 0) {
      for (float& logit : logits) logit = std::round(logit / 7) * 7;
    }
    for (const size_t count : {size_t{1}, Pick(1, kMaxTopLogits)}) {
      SCOPED_TRACE(count);
      ExpectRowsAreFound(logits, rows, count);
    }
  }
}

TEST_F(TopKernelTest, AsManyAsThereMayBe) {
  for (const size_t vocab : {size_t{100}, size_t{128}, size_t{5000}}) {
    ExpectRowsAreFound(Random(2 * vocab, -3, 3), 2, kMaxTopLogits);
  }
}

// A slice of which all is larger than the others, and one that is all equal.
TEST_F(TopKernelTest, TheLargestMayBeNeighbours) {
  std::vector<float> logits = Random(9000, -5, 5);
  for (size_t i = 3000; i < 3200; ++i) logits[i] += 20;
  ExpectRowsAreFound(logits, 1, kMaxTopLogits);
  std::ranges::fill(logits, -2.5F);
  ExpectRowsAreFound(logits, 1, 100);
}

TEST_F(TopKernelTest, ZerosAreEqualAndSmallNumbersAreNot) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  const std::vector<float> logits = {-0.0F, 0.0F, -0.0F, -tiny, tiny, 0.0F};
  const std::vector<DeviceLogit> list = Find(logits, 1, 6);
  const std::vector<uint32_t> ids = {4, 0, 1, 2, 5, 3};
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(list[1 + i].id, ids[i]);
}

TEST_F(TopKernelTest, WhatIsImpossibleIsNotListed) {
  std::vector<float> logits(2000, -kInfinity);
  logits[1999] = -1e30F;
  logits[5] = 2;
  logits[77] = -std::numeric_limits<float>::max();
  TopLogits top;
  ASSERT_TRUE(TopKernel::Read(Find(logits, 1, 20), 20, &top));
  EXPECT_EQ(top.ids, (std::vector<TokenId>{5, 1999, 77}));
  EXPECT_NEAR(top.log_sum, 2, 1e-6);
  ExpectRowsAreFound(logits, 1, 2);
}

// Wherever it is, and whatever the sign of a NaN.
TEST_F(TopKernelTest, RowsThatAreNotFiniteAreNotRead) {
  const size_t vocab = 3000;
  for (const float broken : {kNan, -kNan, kInfinity}) {
    for (const size_t place : {size_t{0}, size_t{1500}, vocab - 1}) {
      std::vector<float> logits = Random(2 * vocab);
      logits[place] = broken;
      const auto lists = Find(logits, 2, 10);
      TopLogits top;
      EXPECT_FALSE(TopKernel::Read(std::span(lists).first(11), 10, &top));
      EXPECT_TRUE(top.empty());
      EXPECT_TRUE(TopKernel::Read(std::span(lists).subspan(11), 10, &top));
      EXPECT_EQ(top.ids.size(), 10U);
    }
    TopLogits top;
    EXPECT_FALSE(TopKernel::Read(Find(std::vector<float>(vocab, broken), 1, 10),
                                 10, &top));
  }
  TopLogits top;
  EXPECT_FALSE(TopKernel::Read(
      Find(std::vector<float>(vocab, -kInfinity), 1, 10), 10, &top));
}

// However long the list, and whoever else has one.
TEST_F(TopKernelTest, ARowsListIsItsOwn) {
  const size_t vocab = 7001;
  const std::vector<float> logits = Random(3 * vocab, -9, 9);
  const auto lists = Find(logits, 3, 50);
  const auto alone =
      Find({logits.begin() + vocab, logits.begin() + 2 * vocab}, 1, 7);
  for (size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(alone[i].value, lists[51 + i].value);
    EXPECT_EQ(alone[i].id, lists[51 + i].id);
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
