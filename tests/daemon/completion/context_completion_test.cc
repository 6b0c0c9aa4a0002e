// SPDX-License-Identifier: Apache-2.0
// What a model is shown of other files costs nothing while one types, and makes
// an answer from warm states no other than a cold run's.
#include <gtest/gtest.h>

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/host/local/engine_generator.h"
#include "engine/threads/topology.h"
#include "tests/daemon/completion/default_model.h"
#include "tests/daemon/completion/source_text.h"

namespace krait::completion {
namespace {

using daemon::EngineGenerator;

RepositoryContextPtr ContextOf(const std::vector<std::string>& texts) {
  std::vector<ContextPiece> pieces;
  for (const std::string& text : texts) {
    pieces.push_back({.path = "lsp/file" + std::to_string(pieces.size()) + ".h",
                      .text = text,
                      .begin_line = 1,
                      .worth = static_cast<double>(pieces.size())});
  }
  return std::make_shared<const RepositoryContext>(std::move(pieces));
}

class ContextCompletionTest : public testing::Test {
 protected:
  void SetUp() override {
    model_ = LoadDefaultModel();
    ASSERT_NE(model_, nullptr);
    text_ = ReadSource("lsp/text.cc");
    cursor_ = text_.find("}\n", text_.size() / 2);
    context_ = ContextOf({"size_t LineStart(size_t line) const;\n",
                          "struct Position {\n", "class Text {\n"});
  }

  std::unique_ptr<EngineGenerator> MakeGenerator(size_t state_bytes) {
    auto generator =
        EngineGenerator::Create(model_, pool_, {.state_bytes = state_bytes});
    EXPECT_TRUE(generator);
    return std::move(*generator);
  }
  CompletionRequest Request(RepositoryContextPtr context) const {
    return {.path = "lsp/text.cc",
            .before = text_.substr(0, cursor_),
            .after = text_.substr(cursor_),
            .context = std::move(context),
            .document = "document"};
  }
  static CompletionOptions Options() {
    CompletionOptions options;
    options.context_tokens = 256;
    options.max_tokens = 6;
    options.min_confidence = kShowAll;
    return options;
  }
  void Type(char c) {
    text_.insert(text_.begin() + static_cast<ptrdiff_t>(cursor_), c);
    ++cursor_;
  }
  static Completion Ask(CompletionService& service,
                        const CompletionRequest& request) {
    auto completion = service.Complete(request, Options());
    EXPECT_TRUE(completion);
    return std::move(*completion);
  }
  static void Pause(CompletionService& service,
                    const CompletionRequest& request) {
    EXPECT_TRUE(service.Warm(request, Options()));
    EXPECT_TRUE(service.ReadContext(request, Options()));
  }
  struct Said {
    std::vector<std::pair<PieceId, float>> tokens;
    size_t computed = 0;  // of the prompt
  };
  static Said Say(Generator& generator, const CompletionPlace& place) {
    Said said;
    const auto report = generator.Generate({.prompt = place.prompt(),
                                            .sampling = {},
                                            .max_tokens = 6,
                                            .may_resume = false,
                                            .on_piece =
                                                [&said](const Piece& piece) {
                                                  said.tokens.emplace_back(
                                                      piece.id, piece.logprob);
                                                  return true;
                                                }},
                                           {});
    EXPECT_TRUE(report);
    EXPECT_EQ(report->tokens_of_context > 0, place.context != nullptr);
    said.computed = report->tokens_computed;
    return said;
  }

  std::shared_ptr<engine::WorkerPool> pool_ =
      std::make_shared<engine::WorkerPool>(engine::PlanThreads(2));
  std::shared_ptr<const engine::Model> model_;
  std::string text_;
  size_t cursor_ = 0;
  RepositoryContextPtr context_;
};

constexpr std::string_view kTypedLine =
    "  const size_t lines = text.num_lines(";

TEST_F(ContextCompletionTest, AKeystrokeCostsNotATokenMore) {
  std::vector<std::vector<size_t>> computed;
  const std::string text = text_;
  const size_t cursor = cursor_;
  for (const RepositoryContextPtr& context :
       {RepositoryContextPtr(), context_}) {
    text_ = text;
    cursor_ = cursor;
    const auto generator = MakeGenerator(size_t{64} << 20);
    CompletionService service(*generator);
    Pause(service, Request(context));
    auto& tokens = computed.emplace_back();
    for (const char c : kTypedLine) {
      Type(c);
      // What is said depends on the context, and so what may be gone on with.
      const CompletionPlace place =
          service.PlaceAt(Request(context), Options());
      EXPECT_EQ(place.context != nullptr, context != nullptr);
      tokens.push_back(Say(*generator, place).computed);
    }
  }
  EXPECT_EQ(computed[0], computed[1]);
}

TEST_F(ContextCompletionTest, WarmIsColdBitForBit) {
  const auto warm_generator = MakeGenerator(size_t{64} << 20);
  CompletionService warm(*warm_generator);
  const RepositoryContextPtr other =
      ContextOf({"void Insert(size_t ofs, std::string_view text);\n"});
  size_t typed = 0;
  for (const RepositoryContextPtr& context : {context_, other, context_}) {
    Pause(warm, Request(context));
    for (int i = 0; i < 3; ++i) {
      Type(kTypedLine[typed++]);
      // The same prompt, with the suffix that is frozen.
      const CompletionPlace place = warm.PlaceAt(Request(context), Options());
      ASSERT_EQ(place.context->fingerprint(), context->fingerprint());
      const auto cold_generator = MakeGenerator(0);
      EXPECT_EQ(Say(*warm_generator, place).tokens,
                Say(*cold_generator, place).tokens)
          << typed;
    }
  }
}

TEST_F(ContextCompletionTest, IsUsedOnceItIsRead) {
  const auto generator = MakeGenerator(size_t{64} << 20);
  CompletionService service(*generator);
  EXPECT_TRUE(service.Warm(Request(context_), Options()));
  EXPECT_EQ(Ask(service, Request(context_)).trace.context, nullptr);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(
      service.ReadContext(Request(context_), Options(), stop.get_token()));
  EXPECT_EQ(Ask(service, Request(context_)).trace.context, nullptr);
  EXPECT_TRUE(service.ReadContext(Request(context_), Options()));
  const Completion completion = Ask(service, Request(context_));
  ASSERT_NE(completion.trace.context, nullptr);
  EXPECT_EQ(completion.trace.context->pieces().size(), 3U);
  service.Forget();
  EXPECT_EQ(Ask(service, Request(context_)).trace.context, nullptr);
}

TEST_F(ContextCompletionTest, WithoutTokensForItThereIsNone) {
  const auto generator = MakeGenerator(size_t{64} << 20);
  CompletionService service(*generator);
  CompletionOptions options = Options();
  options.context_tokens = 0;
  CompletionRequest request = Request(context_);
  request.context_now = true;
  const auto completion = service.Complete(request, options);
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->trace.tokens_of_context, 0U);
}

}  // namespace
}  // namespace krait::completion
