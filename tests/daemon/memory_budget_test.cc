// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory_budget.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "daemon/memory_limit.h"

namespace krait::daemon {
namespace {

using Account = MemoryBudget::Account;

MemoryUse Use(size_t bytes, int used_at_s) {
  return {.bytes = bytes,
          .least_use = std::chrono::steady_clock::time_point(
              std::chrono::seconds(used_at_s))};
}

class MemoryBudgetTest : public testing::Test {
 protected:
  std::shared_ptr<MemoryBudget> budget_ = std::make_shared<MemoryBudget>(160);
  int asked_ = 0;
  Account old_{budget_, [this] { ++asked_; }};
};

TEST_F(MemoryBudgetTest, NobodyGivesBackWhatFits) {
  Account other(budget_, {});
  EXPECT_EQ(old_.Report(Use(100, 1)), 0U);
  EXPECT_EQ(other.Report(Use(60, 2)), 0U);
  EXPECT_EQ(budget_->held_bytes(), 160U);
  EXPECT_EQ(asked_, 0);
}

TEST_F(MemoryBudgetTest, WhoHasTheOldestGivesBackWhoeverTakesMore) {
  Account newer(budget_, {});
  EXPECT_EQ(old_.Report(Use(100, 1)), 0U);
  EXPECT_EQ(newer.Report(Use(100, 2)), 0U);
  EXPECT_EQ(newer.Report(Use(110, 3)), 0U);
  EXPECT_EQ(asked_, 1);  // once is enough
  // What is too much, and a sixteenth of the limit.
  EXPECT_EQ(old_.Report(Use(100, 1)), 60U);
  EXPECT_EQ(old_.Report(Use(40, 2)), 0U);
  EXPECT_EQ(budget_->held_bytes(), 150U);
}

TEST_F(MemoryBudgetTest, WhatNobodyCanDropCountsAllTheSame) {
  Account texts(budget_, {});
  EXPECT_EQ(texts.Report({.bytes = 200}), 0U);  // and nothing is asked of it
  EXPECT_EQ(old_.Report(Use(50, 1)), 100U);
  EXPECT_EQ(old_.Report({}), 0U);
}

TEST_F(MemoryBudgetTest, WhoIsGoneHoldsNothing) {
  {
    Account gone(budget_, {});
    EXPECT_EQ(gone.Report(Use(150, 2)), 0U);
  }
  EXPECT_EQ(old_.Report(Use(160, 1)), 0U);
  EXPECT_EQ(budget_->held_bytes(), 160U);
}

TEST(SharedBytesTest, AreTheStatesAndSomeMoreWithinHalfOfTheLimit) {
  constexpr size_t kMebibyte = size_t{1} << 20;
  const auto of = [](size_t state_mebibytes, size_t limit_mebibytes) {
    return SharedBytesFor(
               state_mebibytes * kMebibyte,
               {.bytes = limit_mebibytes * kMebibyte, .set_by = {}}) /
           kMebibyte;
  };
  EXPECT_EQ(of(1024, 16384), 1024U + 128U);
  EXPECT_EQ(of(64, 16384), 64U + 16U);
  EXPECT_EQ(of(0, 16384), 16U);
  EXPECT_EQ(of(7000, 16384), 7875U);
  EXPECT_EQ(of(8000, 16384), 8192U);
  EXPECT_EQ(of(10000, 16384), 8192U);  // whatever the setting says
  EXPECT_EQ(of(2, 20), 10U);
}

}  // namespace
}  // namespace krait::daemon
