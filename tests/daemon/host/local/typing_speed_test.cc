// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/typing_speed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace krait::daemon {
namespace {

using testing::HasSubstr;

TEST(TypingSpeedTest, AFastModelNeedsNoAdvice) {
  const auto typing =
      SpeedOfTyping(10'000, 400, {.prefix_tokens = 2048, .suffix_tokens = 512});
  EXPECT_NEAR(typing.first_answer_s, 0.296, 1e-9);
  EXPECT_THAT(typing.verdict, HasSubstr("about 296 ms (prefix_tokens = 2048"));
  EXPECT_THAT(typing.verdict, HasSubstr("the next ones 40 ms"));
  EXPECT_EQ(typing.advice, "");
}

TEST(TypingSpeedTest, ASlowOneIsToldHowMuchContextItCanRead) {
  const auto typing =
      SpeedOfTyping(400, 20, {.prefix_tokens = 2048, .suffix_tokens = 512});
  EXPECT_NEAR(typing.first_answer_s, 7.2, 1e-9);
  EXPECT_THAT(typing.verdict, HasSubstr("takes about 7.2 s"));
  // 1.2 s for 480 tokens, in the same proportion.
  EXPECT_THAT(typing.advice, HasSubstr("prefix_tokens = 384"));
  EXPECT_THAT(typing.advice, HasSubstr("suffix_tokens = 64"));
}

TEST(TypingSpeedTest, NoContextHelpsAModelThatIsTooSlow) {
  const auto typing =
      SpeedOfTyping(22, 2, {.prefix_tokens = 2048, .suffix_tokens = 512});
  EXPECT_EQ(typing.advice, "use a smaller or more quantised model");
}

}  // namespace
}  // namespace krait::daemon
