// SPDX-License-Identifier: Apache-2.0
#include "lsp/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "lsp/pending_requests.h"
#include "tests/lsp/recording_outbox.h"

namespace krait::lsp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReplyTest : public ::testing::Test {
 protected:
  Reply MakeReply(int64_t id) {
    const std::stop_source stop;
    EXPECT_TRUE(pending_->Add(id, stop));
    return Reply(id, "m", outbox_, pending_, stop);
  }

  std::shared_ptr<RecordingOutbox> outbox_ =
      std::make_shared<RecordingOutbox>();
  std::shared_ptr<PendingRequests> pending_ =
      std::make_shared<PendingRequests>();
};

TEST_F(ReplyTest, SendsTheFirstAnswerOnly) {
  const Reply reply = MakeReply(1);
  const Reply copy = reply;
  copy.Succeed(RawJson{"5"});
  reply.Succeed(RawJson{"6"});
  reply.Fail(MakeError(ErrorCode::kInternalError, "late"));
  EXPECT_THAT(outbox_->Take(),
              ElementsAre(R"({"jsonrpc":"2.0","id":1,"result":5})"));
}

TEST_F(ReplyTest, AnswersAnErrorWhenTheLastCopyIsDropped) {
  std::optional<Reply> reply = MakeReply(1);
  std::optional<Reply> copy = reply;
  reply.reset();
  EXPECT_THAT(outbox_->Take(), IsEmpty());
  copy.reset();
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(
          R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m: dropped unanswered"}})"));
}

TEST_F(ReplyTest, AnswersCancelledWhenDroppedAfterCancellation) {
  {
    const Reply reply = MakeReply(1);
    EXPECT_FALSE(reply.stop_token().stop_requested());
    pending_->Cancel(int64_t{1});
    EXPECT_TRUE(reply.stop_token().stop_requested());
  }
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(
          R"({"jsonrpc":"2.0","id":1,"error":{"code":-32800,"message":"m: cancelled"}})"));
}

TEST_F(ReplyTest, MayAnswerFromAStopCallback) {
  const Reply reply = MakeReply(1);
  const std::stop_callback answer(reply.stop_token(), [&] {
    reply.Fail(MakeError(ErrorCode::kRequestCancelled, "stopped"));
  });
  pending_->CancelAll();
  EXPECT_EQ(outbox_->Take().size(), 1U);
}

TEST_F(ReplyTest, ForgetsTheRequestOnceAnswered) {
  const Reply reply = MakeReply(1);
  EXPECT_FALSE(pending_->Add(int64_t{1}, std::stop_source()));
  reply.Succeed(RawJson{});
  pending_->Cancel(int64_t{1});
  EXPECT_FALSE(reply.stop_token().stop_requested());
  EXPECT_TRUE(pending_->Add(int64_t{1}, std::stop_source()));
}

TEST_F(ReplyTest, AnswersOnceFromManyThreads) {
  for (int round = 0; round < 100; ++round) {
    std::vector<std::jthread> threads;
    {
      const Reply reply = MakeReply(round);
      for (int i = 0; i < 3; ++i) {
        threads.emplace_back([reply] { reply.Succeed(RawJson{"1"}); });
      }
      threads.emplace_back([this, round] { pending_->Cancel(round); });
    }
    threads.clear();
    EXPECT_EQ(outbox_->Take().size(), 1U);
  }
}

}  // namespace
}  // namespace krait::lsp
