// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "daemon/tools/eval/calibration_report.h"
#include "tests/daemon/fake_generator.h"

namespace krait::daemon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Tries places where the model says "foo(bar)" and is as sure as told; there
// stood what is told.
class CalibrationTest : public testing::Test {
 protected:
  void Try(size_t times, const std::vector<float>& logprobs,
           const std::string& stood_there,
           const std::string& language = "none") {
    for (size_t i = 0; i < times; ++i) {
      FakeGenerator generator({"foo", "(", "bar", ")", "\n"});
      generator.set_logprobs(logprobs);
      completion::CompletionService service(generator);
      const FimCase fim_case = {.id = "a",
                                .language = language,
                                .path = "a",
                                .prefix = "x = ",
                                .suffix = "\n",
                                .middle = stood_there};
      ASSERT_TRUE(
          calibration_.Try(fim_case, RequestOf(fim_case), {}, &service));
    }
  }
  const Calibration::Choice* Best(double right_share = 0.4) {
    choices_ = calibration_.Choices(right_share);
    return Calibration::Best(choices_);
  }

  Calibration calibration_;
  std::vector<Calibration::Choice> choices_;
};

TEST_F(CalibrationTest, ShowsTheMostThatIsRightWhileEnoughIs) {
  Try(20, {-0.1F, -0.1F, -0.1F, -0.1F, 0}, "foo(bar)");
  Try(10, {-0.3F, -0.3F, -0.3F, -0.3F, 0}, "no");
  Try(5, {-0.4F, -0.4F, -0.4F, -0.4F, 0}, "foo(bar)");
  Try(10, {-0.45F, -0.45F, -0.45F, -0.45F, 0}, "no");
  const Calibration::Choice* best = Best();
  ASSERT_NE(best, nullptr);
  EXPECT_EQ(best->line.count.shown, 35U);  // the last 10 add nothing right
  EXPECT_EQ(best->line.count.whole, 25U);
  EXPECT_NEAR(best->line.threshold, -0.4, 0.011);
  EXPECT_EQ(calibration_.places(), 45U);
  best = Best(0.9);
  ASSERT_NE(best, nullptr);
  EXPECT_EQ(best->line.count.shown, 20U);
}

TEST_F(CalibrationTest, CutsBeforeWhatIsWrong) {
  Try(25, {-0.1F, -0.1F, -0.9F, -0.1F, 0}, "foo(baz)");
  const Calibration::Choice* const best = Best(0.9);
  ASSERT_NE(best, nullptr);
  EXPECT_EQ(best->line.count.whole, 25U);
  EXPECT_EQ(best->line.count.to_end, 0U);
  EXPECT_GT(best->token, -0.9);
  // What it said is there to its end.
  EXPECT_EQ(calibration_.said().size(), 5U);
}

// More bytes that are right, not more texts.
TEST_F(CalibrationTest, ALongRightTextIsBetterThanAShortOne) {
  Try(40, {-0.1F, -0.1F, -0.9F, -0.1F, 0}, "foo(bar)");
  Try(10, {-0.1F, -0.1F, -0.9F, -0.1F, 0}, "foo(baz)");
  const Calibration::Choice* const best = Best(0.5);
  ASSERT_NE(best, nullptr);
  EXPECT_LT(best->token, -0.9);
  EXPECT_EQ(best->line.count.whole, 40U);
}

// 11 of 20 is more than half, but may be chance.
TEST_F(CalibrationTest, EnoughIsMoreThanChance) {
  Try(11, {0, 0, 0, 0, 0}, "foo(bar)");
  Try(9, {0, 0, 0, 0, 0}, "no");
  EXPECT_EQ(Best(0.5), nullptr);
  EXPECT_NE(Best(0.4), nullptr);
}

TEST_F(CalibrationTest, ALanguageThatFallsShortGetsItsOwn) {
  Try(60, {-0.3F, -0.3F, -0.3F, -0.3F, 0}, "foo(bar)", "go");
  Try(20, {-0.1F, -0.1F, -0.1F, -0.1F, 0}, "foo(bar)", "c");
  Try(30, {-0.3F, -0.3F, -0.3F, -0.3F, 0}, "no", "c");
  Try(20, {-0.1F, -0.1F, -0.1F, -0.1F, 0}, "no", "rust");
  Try(5, {-0.1F, -0.1F, -0.1F, -0.1F, 0}, "no", "java");
  const Calibration::Choice* const best = Best();
  ASSERT_NE(best, nullptr);
  const auto languages = calibration_.ChoicesOfLanguages(0.4, *best);
  EXPECT_FALSE(languages.at("go").own);
  ASSERT_TRUE(languages.at("c").own);
  EXPECT_EQ(languages.at("c").own->line.count.shown, 20U);
  EXPECT_NEAR(languages.at("c").own->line.threshold, -0.1, 0.011);
  ASSERT_TRUE(languages.at("rust").own);
  EXPECT_EQ(languages.at("rust").own->line.threshold, 0);  // never
  EXPECT_FALSE(languages.at("java").own);                  // too few to tell
  EXPECT_THAT(CalibrationText(calibration_, 0.4, {}),
              AllOf(HasSubstr("\nkrait.confidence.c.line=-0.11\n"),
                    HasSubstr("\nkrait.confidence.rust.line=0.00\n"),
                    Not(HasSubstr("krait.confidence.go"))));
}

TEST_F(CalibrationTest, ChoosesNothingWhereNothingIsRight) {
  Try(25, {0, 0, 0, 0, 0}, "no");
  EXPECT_EQ(Best(), nullptr);
  EXPECT_THAT(CalibrationText(calibration_, 0.4, {}),
              HasSubstr("No thresholds"));
  EXPECT_TRUE(CalibrationToJson(calibration_, 0.4, {}).at("keys").is_null());
}

TEST_F(CalibrationTest, NamesTheKeysToWrite) {
  Try(25, {-0.1F, -0.1F, -0.1F, -0.1F, 0}, "foo(bar)");
  EXPECT_THAT(CalibrationText(calibration_, 0.4, {.invoked_token = -3}),
              HasSubstr("\nkrait.confidence.line=-0.11\n"
                        "krait.confidence.block=0.00\n"));
}

}  // namespace
}  // namespace krait::daemon
