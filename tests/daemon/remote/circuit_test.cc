// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/circuit.h"

#include <gtest/gtest.h>

#include <chrono>

namespace krait::remote {
namespace {

using std::chrono::seconds;
using State = Circuit::State;

class CircuitTest : public testing::Test {
 protected:
  void Fail(bool at_once = false, seconds pause = seconds(0)) {
    circuit_.Fail(now_, at_once, pause);
  }
  Circuit circuit_;
  Circuit::Clock::time_point now_ = Circuit::Clock::time_point(seconds(1000));
};

TEST_F(CircuitTest, OpensAfterFailuresInARow) {
  for (size_t i = 1; i < Circuit::kMostFailures; ++i) Fail();
  EXPECT_TRUE(circuit_.TakeTurn(now_));
  circuit_.Succeed();
  for (size_t i = 1; i < Circuit::kMostFailures; ++i) Fail();
  EXPECT_TRUE(circuit_.TakeTurn(now_));
  Fail();
  EXPECT_EQ(circuit_.state(), State::kOpen);
  EXPECT_FALSE(circuit_.TakeTurn(now_));
}

TEST_F(CircuitTest, OneTriesAgainAndItsEndDecides) {
  Fail(/*at_once=*/true);
  EXPECT_FALSE(circuit_.TakeTurn(now_));
  now_ += Circuit::kFirstPause;
  EXPECT_TRUE(circuit_.TakeTurn(now_));
  EXPECT_FALSE(circuit_.TakeTurn(now_)) << "only one";
  Fail();
  // Twice as long.
  EXPECT_FALSE(circuit_.TakeTurn(now_ + Circuit::kFirstPause));
  now_ += 2 * Circuit::kFirstPause;
  EXPECT_TRUE(circuit_.TakeTurn(now_));
  circuit_.Succeed();
  EXPECT_TRUE(circuit_.TakeTurn(now_));
  EXPECT_TRUE(circuit_.TakeTurn(now_));
}

TEST_F(CircuitTest, OneThatIsGivenUpLeavesItsTurn) {
  Fail(/*at_once=*/true);
  now_ += Circuit::kFirstPause;
  EXPECT_TRUE(circuit_.TakeTurn(now_));
  circuit_.Leave();
  EXPECT_TRUE(circuit_.TakeTurn(now_));
}

TEST_F(CircuitTest, RestsAsLongAsItIsAskedTo) {
  Fail(/*at_once=*/false, seconds(100));
  EXPECT_FALSE(circuit_.TakeTurn(now_ + seconds(99)));
  EXPECT_TRUE(circuit_.TakeTurn(now_ + seconds(100)));
  Fail(/*at_once=*/false, seconds(1'000'000));
  EXPECT_TRUE(circuit_.TakeTurn(now_ + Circuit::kLongestPause));
}

TEST_F(CircuitTest, PausesHaveABound) {
  for (int i = 0; i < 20; ++i) {
    Fail(/*at_once=*/true);
    now_ += Circuit::kLongestPause;
    EXPECT_TRUE(circuit_.TakeTurn(now_)) << i;
  }
}

}  // namespace
}  // namespace krait::remote
