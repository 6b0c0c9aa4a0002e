// SPDX-License-Identifier: Apache-2.0
#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace krait::base {
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

}  // namespace
}  // namespace krait::base
