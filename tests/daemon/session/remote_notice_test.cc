// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/remote_notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace krait::daemon {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

class RemoteNoticeTest : public testing::Test {
 protected:
  RemoteNoticeTest() {
    engine_.url = "https://there";
    engine_.last_failure = "HTTP 500";
  }

  std::optional<RemoteNotice::Sentence> Answered(remote::Circuit::State state) {
    engine_.state = state;
    return notice_.Answered(engine_, now_);
  }
  auto Works() { return Answered(remote::Circuit::State::kClosed); }
  auto Rests() { return Answered(remote::Circuit::State::kOpen); }
  auto IsTried() { return Answered(remote::Circuit::State::kTrying); }

  RemoteNotice notice_;
  remote::RemoteStatus engine_;
  RemoteNotice::Clock::time_point now_{};
};

TEST_F(RemoteNoticeTest, EachChangeIsToldOnce) {
  EXPECT_FALSE(Works());
  EXPECT_EQ(notice_.why_here(), "");
  const auto gone = Rests();
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->type, lsp::MessageType::kWarning);
  EXPECT_EQ(gone->text,
            "completions come from krait's own model until https://there "
            "answers again: HTTP 500");
  EXPECT_EQ(notice_.why_here(), gone->text);
  now_ += minutes(60);
  EXPECT_FALSE(Rests());
  EXPECT_FALSE(IsTried());
  const auto back = Works();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->type, lsp::MessageType::kInfo);
  EXPECT_EQ(back->text, "https://there answers again, and completes");
  EXPECT_EQ(notice_.why_here(), "");
  EXPECT_FALSE(Works());
}

TEST_F(RemoteNoticeTest, OneThatComesAndGoesIsNotToldOfEachTime) {
  EXPECT_TRUE(Rests());
  EXPECT_TRUE(Works());
  now_ += minutes(9);
  EXPECT_FALSE(Rests());
  // It can be seen all the same.
  EXPECT_THAT(notice_.why_here(), HasSubstr("HTTP 500"));
  EXPECT_FALSE(Works());  // nobody was told that it was gone
  now_ += minutes(2);
  EXPECT_TRUE(Rests());
}

TEST_F(RemoteNoticeTest, OneThatIsNeverAskedIsToldOf) {
  engine_.problem = "the variable X is not set";
  const auto told = Works();
  ASSERT_TRUE(told);
  EXPECT_THAT(told->text, HasSubstr("as the variable X is not set"));
  EXPECT_FALSE(Works());
}

}  // namespace
}  // namespace krait::daemon
