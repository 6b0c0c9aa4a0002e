// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/threads/topology.h"

namespace krait::daemon {
namespace {

using testing::HasSubstr;

constexpr size_t kMuch = size_t{64} << 20;
// What the frames of a turn are, and what the next text may change before it.
constexpr size_t kFrameTokens = 24;

struct ChatCase {
  std::string name;  // as tests may be called
  std::string path;
  std::string row;
};

bool Never() {
  return false;
}

class ConversationTest : public testing::TestWithParam<ChatCase> {
 protected:
  void SetUp() override {
    const auto loaded = engine::Model::Load(std::string(KRAIT_TEST_DATA) +
                                            "/models/" + GetParam().path);
    ASSERT_TRUE(loaded) << loaded.error().message;
    model_ = *loaded;
    pool_ = std::make_unique<engine::WorkerPool>(engine::PlanThreads(1));
  }

  std::unique_ptr<Conversation> Begin(ConversationOptions options) {
    auto format = engine::ChooseChatFormat(model_->tokenizer(), GetParam().row,
                                           std::nullopt);
    EXPECT_TRUE(format) << format.error().message;
    return std::make_unique<Conversation>(model_, *pool_, *format,
                                          std::move(options));
  }
  std::unique_ptr<Conversation> Begin(size_t max_tokens = 20,
                                      size_t state_bytes = kMuch) {
    return Begin({.system = "Be brief.",
                  .context = "a.py:\n```python\nprint(1)\n```\n\n",
                  .sampler = {},
                  .max_tokens = max_tokens,
                  .state_bytes = state_bytes});
  }

  // The answer's text; what it was like is in answer_.
  std::string Ask(Conversation& conversation, const std::string& question,
                  const Conversation::ShouldStop& should_stop = Never) {
    std::string text;
    const auto answer = conversation.Ask(
        question, [&text](std::string_view more) { text += more; },
        should_stop);
    EXPECT_TRUE(answer) << answer.error().message;
    if (answer) answer_ = *answer;
    return text;
  }

  static void WarmToTheEnd(Conversation& conversation) {
    while (conversation.Warm()) {
    }
  }

  std::shared_ptr<const engine::Model> model_;
  std::unique_ptr<engine::WorkerPool> pool_;
  Answer answer_;
};

TEST_P(ConversationTest, ATurnReadsItsOwnTokens) {
  const auto conversation = Begin();
  WarmToTheEnd(*conversation);
  std::string question = "How are you?";
  for (int turn = 0; turn < 4; ++turn) {
    (void)Ask(*conversation, question);
    EXPECT_LE(answer_.read.computed,
              model_->tokenizer().Encode(question).size() + kFrameTokens);
    WarmToTheEnd(*conversation);
    question += " And else, what do you think of it?";
  }
  EXPECT_GT(conversation->used_tokens(), 4 * kFrameTokens);
}

TEST_P(ConversationTest, WarmEqualsCold) {
  const auto warm = Begin();
  const auto cold = Begin(20, /*state_bytes=*/0);
  for (const std::string question : {"Hello", "Why?", "  What\nelse?", "é"}) {
    WarmToTheEnd(*warm);
    const std::string answer = Ask(*warm, question);
    EXPECT_GT(answer_.read.reused + answer_.read.replayed, 0U);
    EXPECT_EQ(Ask(*cold, question), answer) << question;
    EXPECT_EQ(answer_.read.reused + answer_.read.replayed, 0U);
  }
}

TEST_P(ConversationTest, AnAnswerIsStoppedAndTheConversationGoesOn) {
  const auto conversation = Begin();
  int asked = 0;
  (void)Ask(*conversation, "Hello", [&] {
    // Before the prompt's slices, then after tokens.
    return conversation->used_tokens() == 0 && ++asked > 12;
  });
  EXPECT_EQ(answer_.end, AnswerEnd::kStopped);
  EXPECT_LT(answer_.tokens, 20U);
  (void)Ask(*conversation, "Go on");
  EXPECT_NE(answer_.end, AnswerEnd::kStopped);
}

TEST_P(ConversationTest, AQuestionThatIsStoppedWasNeverAsked) {
  const auto conversation = Begin();
  EXPECT_EQ(Ask(*conversation, "Forget this", [] { return true; }), "");
  EXPECT_EQ(answer_.end, AnswerEnd::kStopped);
  EXPECT_EQ(answer_.tokens, 0U);
  EXPECT_EQ(Ask(*conversation, "Hello"), Ask(*Begin(), "Hello"));
}

TEST_P(ConversationTest, ClearingBeginsAnew) {
  const auto conversation = Begin();
  const std::string first = Ask(*conversation, "Hello");
  (void)Ask(*conversation, "More");
  conversation->Clear();
  EXPECT_EQ(conversation->used_tokens(), 0U);
  EXPECT_EQ(Ask(*conversation, "Hello"), first);
  EXPECT_GT(answer_.read.reused + answer_.read.replayed, 0U);
}

class ShortContextTest : public ConversationTest {};

TEST_P(ShortContextTest, TheContextEndsWithAMessage) {
  const auto conversation = Begin(100'000);
  const size_t limit = conversation->context_tokens();
  ASSERT_EQ(limit, 1024U);
  // Until an answer that does not end fills it, or a question does.
  for (int turn = 0; turn < 1000; ++turn) {
    const auto answer = conversation->Ask(
        "More of this, and that?", [](std::string_view) {}, Never);
    EXPECT_LE(conversation->used_tokens(), limit);
    if (!answer) {
      EXPECT_EQ(answer.error().code, base::ErrorCode::kInvalidArgument);
      EXPECT_THAT(answer.error().message, HasSubstr(std::to_string(limit)));
      conversation->Clear();
      (void)Ask(*conversation, "Hello");
      return;
    }
    if (answer->end == AnswerEnd::kContextFull) {
      EXPECT_EQ(conversation->used_tokens(), limit);
    }
  }
  ADD_FAILURE() << "the context never ended";
}

TEST_P(ConversationTest, SeedsMakeAnswers) {
  const auto with_seed = [this](uint64_t seed) {
    engine::SamplerOptions sampler;
    sampler.temperature = 1;
    sampler.seed = seed;
    return Begin({.system = std::nullopt,
                  .context = "",
                  .sampler = sampler,
                  .max_tokens = 30,
                  .state_bytes = kMuch});
  };
  EXPECT_EQ(Ask(*with_seed(7), "Hello"), Ask(*with_seed(7), "Hello"));
  EXPECT_NE(Ask(*with_seed(7), "Hello"), Ask(*with_seed(8), "Hello"));
}

std::string NameOfCase(const testing::TestParamInfo<ChatCase>& info) {
  return info.param.name;
}

const ChatCase kLlama3{"Llama3", "llama3-tiny/gguf/model-f32.gguf", "llama3.1"};

INSTANTIATE_TEST_SUITE_P(
    Models, ConversationTest,
    testing::Values(ChatCase{"Qwen2", "qwen2-tiny/gguf/model-f16.gguf",
                             "chatml"},
                    ChatCase{"GraniteHybrid",
                             "granite-h-tiny/gguf/model-f32.gguf", "granite"},
                    kLlama3),
    NameOfCase);
INSTANTIATE_TEST_SUITE_P(Models, ShortContextTest, testing::Values(kLlama3),
                         NameOfCase);

}  // namespace
}  // namespace krait::daemon
