// SPDX-License-Identifier: Apache-2.0
// The promise to the user: whatever was edited before, in whatever order, a
// completion from warm states is the one that a cold run gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/host/local/engine_generator.h"
#include "daemon/tools/bench/random_model.h"
#include "engine/threads/topology.h"
#include "tests/daemon/completion/default_model.h"
#include "tests/daemon/completion/source_text.h"

namespace krait::completion {
namespace {

using daemon::EngineGenerator;
using daemon::WriteRandomModel;

#ifdef KRAIT_SANITIZED
constexpr size_t kSteps = 2;
constexpr size_t kPrefixBytes = 700;
#else
constexpr size_t kSteps = 12;
constexpr size_t kPrefixBytes = 3000;
#endif

class WarmCompletionTest : public testing::Test {
 protected:
  void SetUp() override {
    model_ = LoadDefaultModel();
    ASSERT_NE(model_, nullptr);
    cold_ = Create(0);
  }

  std::unique_ptr<EngineGenerator> Create(size_t state_bytes) {
    auto generator = EngineGenerator::Create(
        model_, pool_, {.state_bytes = state_bytes, .state_dir = state_dir_});
    EXPECT_TRUE(generator);
    return std::move(*generator);
  }

  struct Answer {
    std::string text;
    std::vector<float> logprobs;
    GeneratorReport report;
    bool operator==(const Answer& other) const {
      return text == other.text && logprobs == other.logprobs;
    }
  };

  static Answer Ask(Generator& generator, const GeneratorPrompt& prompt) {
    Answer answer;
    const auto report =
        generator.Generate({.prompt = prompt,
                            .sampling = {},
                            .max_tokens = 6,
                            .may_resume = false,
                            .on_piece =
                                [&](const completion::Piece& piece) {
                                  answer.text += piece.bytes;
                                  answer.logprobs.push_back(piece.logprob);
                                  return true;
                                }},
                           {});
    EXPECT_TRUE(report);
    answer.report = *report;
    return answer;
  }

  size_t Random(size_t least, size_t most) {
    return std::uniform_int_distribution<size_t>(least, most)(random_);
  }

  // What the model is shown of a file at a cursor.
  struct File {
    std::string path;
    std::string text;
    size_t cursor;
    GeneratorPrompt Prompt() const {
      const size_t begin = cursor - std::min(cursor, kPrefixBytes / 2);
      const std::string_view all = text;
      return {.path = path,
              .prefix = all.substr(begin, cursor - begin),
              .suffix = all.substr(cursor, 400),
              .origin = "/project/file",
              .remembered = RememberedTexts{.before = all.substr(0, cursor),
                                            .after = all.substr(cursor),
                                            .others = nullptr}};
    }
  };

  void EditRandomly(File& file) {
    switch (Random(0, 6)) {
      case 0:  // jump
        file.cursor = Random(0, file.text.size());
        break;
      case 1: {  // delete backwards
        const size_t size = Random(0, std::min<size_t>(file.cursor, 30));
        file.cursor -= size;
        file.text.erase(file.cursor, size);
        break;
      }
      case 2: {  // paste from elsewhere
        const std::string pasted =
            file.text.substr(Random(0, file.text.size() - 1), 60);
        file.text.insert(file.cursor, pasted);
        file.cursor += pasted.size();
        break;
      }
      case 3:  // an edit further up
        if (file.cursor > 300) {
          const size_t at = file.cursor - Random(1, 300);
          file.text.insert(file.text.begin() + static_cast<ptrdiff_t>(at), 'x');
          ++file.cursor;
        }
        break;
      default:  // type
        file.text.insert(
            file.text.begin() + static_cast<ptrdiff_t>(file.cursor),
            "ab (\n.,"[Random(0, 6)]);
        ++file.cursor;
    }
  }

  std::filesystem::path state_dir_;
  std::shared_ptr<engine::WorkerPool> pool_ =
      std::make_shared<engine::WorkerPool>(engine::PlanThreads(2));
  std::shared_ptr<const engine::Model> model_;
  std::unique_ptr<EngineGenerator> cold_;
  std::mt19937 random_{1};
};

TEST_F(WarmCompletionTest, EqualsAColdOneUnderRandomEdits) {
  for (const size_t budget : {size_t{8} << 20, size_t{1} << 30}) {
    auto warm = Create(budget);
    std::vector<File> files;
    for (const char* name : {"lsp/text.cc", "models/recipe.py",
                             "daemon/completion/stop/stop_rules.cc"}) {
      std::string text = ReadSource(name);
      const size_t middle = text.size() / 2;
      files.push_back({name, std::move(text), middle});
    }
    for (size_t step = 0; step < kSteps; ++step) {
      File& file = files[Random(0, files.size() - 1)];
      EditRandomly(file);
      const GeneratorPrompt prompt = file.Prompt();
      if (Random(0, 3) == 0) {
        ASSERT_TRUE(warm->Warm(prompt, {}));
      }
      const Answer answer = Ask(*warm, prompt);
      ASSERT_TRUE(answer == Ask(*cold_, prompt)) << "step " << step;
      EXPECT_LE(warm->warm_status().held_bytes, budget);
    }
  }
}

TEST_F(WarmCompletionTest, TypingComputesOnlyWhatIsNew) {
  auto warm = Create(size_t{1} << 30);
  const std::string text = ReadSource("lsp/text.cc");
  std::string prefix = text.substr(0, kPrefixBytes);
  const std::string suffix = text.substr(kPrefixBytes, 400);
  const auto ask = [&] {
    return Ask(*warm, {.path = "text.cc", .prefix = prefix, .suffix = suffix});
  };
  ask();
  for (const char c : std::string("const size_t begin = ")) {
    prefix += c;
    EXPECT_LE(ask().report.tokens_computed, 4U) << prefix.substr(kPrefixBytes);
  }
}

// As in a minified file, or one of data.
TEST_F(WarmCompletionTest, TypingInALongLineComputesOnlyWhatIsNew) {
  std::string words;
  for (int i = 0; words.size() < 100'000; ++i) {
    words += "f" + std::to_string(i * 7919 % 10'007) + "(a, b); ";
  }
  for (const size_t size : {size_t{4000}, size_t{20000}, size_t{100000}}) {
    auto warm = Create(size_t{1} << 30);
    CompletionService service(*warm);
    CompletionOptions options;
    options.max_tokens = 1;
    CompletionRequest request{.path = "a.js",
                              .before = "x = 1;\n" + words.substr(0, size),
                              .after = "\ny = 2;\n"};
    const auto computed = [&] {
      const auto completion = service.Complete(request, options);
      EXPECT_TRUE(completion);
      return completion ? completion->trace.tokens_computed : 0;
    };
    computed();
    size_t most = 0;
    size_t all = 0;
    const std::string typed = "for (const item of list) ";
    for (const char c : typed) {
      request.before += c;
      const size_t now = computed();
      most = std::max(most, now);
      all += now;
    }
    EXPECT_LE(most, 4U) << size;
    EXPECT_LE(all, typed.size() + 8) << size;
  }
}

// The user types what is being generated, faster than it is generated.
TEST_F(WarmCompletionTest, TypingWhatIsBeingSaidThrowsNothingAway) {
  auto warm = Create(size_t{1} << 30);
  const std::string text = ReadSource("lsp/text.cc");
  std::string prefix = text.substr(0, kPrefixBytes);
  const std::string suffix = text.substr(kPrefixBytes, 400);
  const auto generate = [&](size_t max_tokens, size_t cancel_after,
                            std::string* said) {
    std::stop_source stop;
    size_t count = 0;
    return warm->Generate(
        {.prompt = {.path = "text.cc", .prefix = prefix, .suffix = suffix},
         .sampling = {},
         .max_tokens = max_tokens,
         .on_piece =
             [&](const completion::Piece& piece) {
               *said += piece.bytes;
               if (++count == cancel_after) stop.request_stop();
               return true;
             }},
        stop.get_token());
  };
  std::string whole;
  ASSERT_TRUE(generate(20, 0, &whole));
  prefix += "x";  // another place
  std::string other;
  ASSERT_TRUE(generate(1, 0, &other));
  prefix.pop_back();

  std::string cut;
  ASSERT_FALSE(generate(20, 7, &cut));
  ASSERT_TRUE(whole.starts_with(cut));
  ASSERT_GT(cut.size(), 3U);
  prefix += cut.substr(0, 3);
  std::string rest;
  const auto resumed = generate(20, 0, &rest);
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(rest.starts_with(cut.substr(3)));
  EXPECT_TRUE((cut.substr(0, 3) + rest).starts_with(whole.substr(0, 12)));
  EXPECT_EQ(resumed->tokens_computed, 0U);
  EXPECT_LE(resumed->tokens_generated, 15U);

  prefix += "no, this";
  std::string fresh;
  const auto begun = generate(3, 0, &fresh);
  ASSERT_TRUE(begun);
  EXPECT_GT(begun->tokens_computed, 0U);
}

// While one types what is being said, an edit elsewhere may make it say
// something else.
TEST_F(WarmCompletionTest, WhatIsRememberedAnewIsSaidAnew) {
  auto warm = Create(size_t{1} << 30);
  File file{"text.cc", ReadSource("lsp/text.cc"), kPrefixBytes};
  const auto ask = [&](Generator& generator) {
    std::string said;
    const auto report =
        generator.Generate({.prompt = file.Prompt(),
                            .sampling = {},
                            .max_tokens = 8,
                            .on_piece =
                                [&](const completion::Piece& piece) {
                                  said += piece.bytes;
                                  return true;
                                }},
                           {});
    EXPECT_TRUE(report);
    return std::pair(said, report->tokens_computed);
  };
  const std::string first = ask(*warm).first;
  EXPECT_EQ(ask(*warm).second, 0U);  // goes on
  // Far from the cursor: the prompt is the same.
  file.text += "\n// the end\n";
  const auto [said, computed] = ask(*warm);
  EXPECT_GT(computed, 0U);
  EXPECT_EQ(said, ask(*Create(0)).first);
}

// Whose file says nothing of how it is mixed with what files say.
TEST_F(WarmCompletionTest, ASmallModelWithoutWeightsGetsTheUsualOnes) {
  const auto path =
      std::filesystem::path(testing::TempDir()) / "krait_no_memory.gguf";
  ASSERT_TRUE(WriteRandomModel({.name = "tiny",
                                .vocab = 1280,
                                .d_model = 64,
                                .layers = 2,
                                .context_length = 8192,
                                .tied = true,
                                .state = 16,
                                .groups = 2},
                               engine::TensorType::kF32, path,
                               [](size_t, size_t) {}));
  const File file{"text.cc", ReadSource("lsp/text.cc"), kPrefixBytes};
  GeneratorPrompt without = file.Prompt();
  without.remembered.reset();
  const auto none = engine::Model::Load(path);
  ASSERT_TRUE(none) << none.error().message;
  const auto generator = EngineGenerator::Create(*none, pool_, {});
  ASSERT_TRUE(generator);
  EXPECT_FALSE(Ask(**generator, file.Prompt()) == Ask(**generator, without));
  // The default model has its own.
  EXPECT_FALSE(Ask(*cold_, file.Prompt()) == Ask(*cold_, without));
  std::filesystem::remove(path);
}

TEST_F(WarmCompletionTest, ARestartFindsTheStatesWarm) {
  state_dir_ = testing::TempDir() + "krait_warm_completion";
  std::filesystem::remove_all(state_dir_);
  const File file{"text.cc", ReadSource("lsp/text.cc"), kPrefixBytes};
  {
    auto before = Create(size_t{1} << 30);
    Ask(*before, file.Prompt());
    before->SaveWarmStates();
    ASSERT_TRUE(before->FinishSaving(std::chrono::minutes(1)));
  }
  auto after = Create(size_t{1} << 30);
  ASSERT_TRUE(after->FinishSaving(std::chrono::minutes(1)));  // and reading
  const Answer answer = Ask(*after, file.Prompt());
  EXPECT_EQ(answer.report.tokens_computed, 1U);
  EXPECT_TRUE(answer == Ask(*cold_, file.Prompt()));
  std::filesystem::remove_all(state_dir_);
}

TEST_F(WarmCompletionTest, WarmingLeavesAlmostNothingToCompute) {
  auto warm = Create(size_t{1} << 30);
  const File file{"text.cc", ReadSource("lsp/text.cc"), kPrefixBytes};
  ASSERT_TRUE(warm->Warm(file.Prompt(), {}));
  const Answer answer = Ask(*warm, file.Prompt());
  EXPECT_EQ(answer.report.tokens_computed, 1U);
  EXPECT_TRUE(answer == Ask(*cold_, file.Prompt()));
  EXPECT_GT(warm->warm_status().checkpoints, 0U);
}

}  // namespace
}  // namespace krait::completion
