// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_SIMD_EACH_TARGET_H_
#define KRAIT_TESTS_SIMD_EACH_TARGET_H_

#include <gtest/gtest.h>

#include <string>

#include "simd/targets.h"

namespace krait::simd {

// Fixture whose tests run once for each instruction set that is compiled in
// and that this CPU has:
//
//   class DotTest : public EachTarget {};
//   TEST_P(DotTest, IsExactForSmallIntegers) { ... }
//   KRAIT_INSTANTIATE_EACH_TARGET(DotTest);
class EachTarget : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ForceTarget(GetParam()));
    ASSERT_EQ(CurrentTarget(), GetParam());
  }
  void TearDown() override { ASSERT_TRUE(ForceTarget("")); }
};

#define KRAIT_INSTANTIATE_EACH_TARGET(suite)                                  \
  INSTANTIATE_TEST_SUITE_P(                                                   \
      Targets, suite, ::testing::ValuesIn(::krait::simd::SupportedTargets()), \
      [](const ::testing::TestParamInfo<std::string>& target) {               \
        return target.param;                                                  \
      })

}  // namespace krait::simd

#endif  // KRAIT_TESTS_SIMD_EACH_TARGET_H_
