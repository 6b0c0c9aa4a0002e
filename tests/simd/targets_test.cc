// SPDX-License-Identifier: Apache-2.0
#include "simd/targets.h"

#include <gtest/gtest.h>

namespace krait::simd {
namespace {

TEST(TargetsTest, BestSupportedTargetIsCurrent) {
  ASSERT_FALSE(SupportedTargets().empty());
  EXPECT_EQ(CurrentTarget(), SupportedTargets().front());
}

TEST(TargetsTest, ForcesEveryTargetAndUndoesIt) {
  const std::vector<std::string> targets = SupportedTargets();
  for (const std::string& name : targets) {
    EXPECT_TRUE(ForceTarget(name));
    EXPECT_EQ(CurrentTarget(), name);
    EXPECT_EQ(SupportedTargets(), targets) << "narrowed by ForceTarget";
  }
  EXPECT_TRUE(ForceTarget(""));
  EXPECT_EQ(CurrentTarget(), targets.front());
}

TEST(TargetsTest, RefusesUnknownTargets) {
  EXPECT_FALSE(ForceTarget("no such target"));
  EXPECT_EQ(CurrentTarget(), SupportedTargets().front());
}

}  // namespace
}  // namespace krait::simd
