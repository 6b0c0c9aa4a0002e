// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/completion_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/running_completion.h"
#include "tests/daemon/completion/syntax_testing.h"
#include "tests/daemon/fake_generator.h"

namespace krait::completion {
namespace {

using daemon::FakeGenerator;

Completion Complete(FakeGenerator& generator, const CompletionRequest& request,
                    const CompletionOptions& options = {}) {
  CompletionService service(generator);
  auto completion = service.Complete(request, options);
  EXPECT_TRUE(completion.has_value());
  return completion ? *completion : Completion{};
}

TEST(CompletionServiceTest, StopsTheModelAtTheLinesEnd) {
  FakeGenerator generator("a, b\nmore text that is never made");
  const Completion completion =
      Complete(generator, {.path = "x.py", .before = "f(", .after = ")\n"});
  EXPECT_EQ(completion.text, "a, b");
  EXPECT_EQ(completion.stop, CompletionStop::kLineEnd);
  EXPECT_EQ(completion.trace.tokens_generated, 5U);
  EXPECT_EQ(completion.trace.plan, PromptPlan::kSpm);
  EXPECT_EQ(generator.path, "x.py");
  EXPECT_EQ(generator.prefix, "f(");
  EXPECT_EQ(generator.suffix, "\n");  // the bracket may be the editor's
}

TEST(CompletionServiceTest, WhatIsShownIsMadeWithoutTheGenerator) {
  auto generator =
      std::make_unique<FakeGenerator>(std::vector<std::string>{"foo", "(1)"});
  generator->set_logprobs({0, -1});
  generator->set_alternatives({{"(2)"}});
  auto service = std::make_unique<CompletionService>(*generator);
  const CompletionRequest request{.path = "", .before = "x = ", .after = ""};
  CompletionOptions options;
  options.alternatives = 1;
  const auto completion = service->Begin(request, options, {});
  RunningCompletion* const alone = completion.get();
  while (!alone->ended()) service->Advance({&alone, 1});
  EXPECT_EQ(alone->said(), "foo(1)");
  alone->LeaveGenerator();
  service.reset();
  generator.reset();
  const auto finished = alone->Finish();
  ASSERT_TRUE(finished.has_value());
  EXPECT_EQ(finished->text, "foo(1)");
  EXPECT_EQ(finished->alternatives, std::vector<std::string>{"foo(2)"});
}

TEST(CompletionServiceTest, ShowsTheModelUnixLineEnds) {
  FakeGenerator generator("x");
  (void)Complete(generator,
                 {.path = "", .before = "a\r\nb\r\n", .after = "\r\nc\r\n"});
  EXPECT_EQ(generator.prefix, "a\nb\n");
  EXPECT_EQ(generator.suffix, "\nc\n");
}

TEST(CompletionServiceTest, KnowsTheEarlierSuffixWithinADeclaration) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  FakeGenerator generator("x");
  CompletionService service(generator);
  const auto earlier_at = [&](std::string_view marked) {
    const CompletionRequest request = RequestAt("a.py", marked);
    EXPECT_TRUE(service.Complete(request, {}));
    return generator.earlier_suffix;
  };
  EXPECT_EQ(earlier_at("def f(a):\n    b = a\n    c = b¦\n    return c\n"
                       "\ndef g():\n    pass\n"),
            std::nullopt);
  const std::string after_c = "\n    return c\n\ndef g():\n    pass\n";
  EXPECT_EQ(generator.suffix, after_c);
  EXPECT_EQ(earlier_at("def f(a):\n    b = a¦\n    c = b\n    return c\n"
                       "\ndef g():\n    pass\n"),
            after_c);
  // Not from within the function.
  EXPECT_EQ(earlier_at("import a¦\n\ndef f(a):\n    b = a\n    c = b\n"
                       "    return c\n\ndef g():\n    pass\n"),
            std::nullopt);
}

TEST(CompletionServiceTest, DocumentsOfOnePathShareNoMemory) {
  FakeGenerator generator("x");
  CompletionService service(generator);
  CompletionOptions options;
  options.limits.prefix_tokens = 1000;
  const auto lines = [](int begin, int end) {
    std::string text;
    for (int i = begin; i < end; ++i) {
      text += "line " + std::to_string(i) + ";\n";
    }
    return text;
  };
  const auto prefix_in = [&](const std::string& document,
                             const std::string& before) {
    EXPECT_TRUE(service.Complete(
        {.path = "main.c", .before = before, .after = "", .document = document},
        options));
    return generator.prefix;
  };
  const std::string first = prefix_in("a", lines(1000, 1800));
  // It has room to grow by a quarter, and only where it began before.
  EXPECT_EQ(prefix_in("a", lines(1000, 1860)), first + lines(1800, 1860));
  EXPECT_LT(prefix_in("b", lines(1000, 1860)).size(), first.size() + 1);
}

TEST(CompletionServiceTest, CutsLoops) {
  FakeGenerator generator(std::vector<std::string>{"go", ".x", ".x", ".x", ".x",
                                                   ".x", ".x", ".x", ".x"});
  const Completion completion =
      Complete(generator, {.path = "", .before = "a", .after = ""});
  EXPECT_EQ(completion.text, "go.x");
  EXPECT_EQ(completion.stop, CompletionStop::kRepetition);
}

TEST(CompletionServiceTest, SaysWhyNothingIsShown) {
  FakeGenerator generator("  \n\n");
  const Completion completion =
      Complete(generator, {.path = "", .before = "a", .after = ""});
  EXPECT_EQ(completion.text, "");
  EXPECT_FALSE(completion.trace.suppressed_by.empty());
}

TEST(CompletionServiceTest, HoldsWhatASmallModelCanAttendTo) {
  FakeGenerator generator("x");
  generator.set_context_length(256);
  std::string text;
  for (int i = 0; i < 500; ++i) text += "line\n";
  (void)Complete(generator, {.path = "", .before = text, .after = text});
  EXPECT_EQ(generator.max_tokens, 64U);
  EXPECT_LE(generator.CountTokens(generator.prefix) +
                generator.CountTokens(generator.suffix) + generator.max_tokens,
            256U);
  EXPECT_FALSE(generator.suffix.empty());
}

TEST(CompletionServiceTest, SurvivesAbsurdlySmallModels) {
  for (size_t length = 1; length < 8; ++length) {
    FakeGenerator generator("x");
    generator.set_context_length(length);
    (void)Complete(generator, {.path = "", .before = "abc\n", .after = "d"});
  }
}

TEST(CompletionServiceTest, CancellationIsAnErrorOfItsOwnKind) {
  FakeGenerator generator("abc");
  CompletionService service(generator);
  std::stop_source stop;
  stop.request_stop();
  const auto completion = service.Complete(
      {.path = "", .before = "a", .after = ""}, {}, stop.get_token());
  ASSERT_FALSE(completion.has_value());
  EXPECT_EQ(completion.error().code, base::ErrorCode::kCancelled);
}

TEST(CompletionServiceTest, TellsHowSureTheModelIsOfWhatIsKept) {
  FakeGenerator generator("ab\n");
  generator.set_logprob(-0.5F);
  const Completion completion =
      Complete(generator, {.path = "", .before = "x = ", .after = ""});
  ASSERT_TRUE(completion.trace.mean_logprob.has_value());
  EXPECT_DOUBLE_EQ(*completion.trace.mean_logprob, -0.5);
  EXPECT_EQ(completion.trace.stop, "end_of_sequence");
  FakeGenerator silent("");
  EXPECT_FALSE(Complete(silent, {.path = "", .before = "x", .after = ""})
                   .trace.mean_logprob.has_value());
}

TEST(CompletionServiceTest, SplitCharactersAreJoined) {
  FakeGenerator generator(
      std::vector<std::string>{"\xE2", "\x82", "\xAC", " 100"});
  EXPECT_EQ(Complete(generator, {.path = "", .before = "# ", .after = ""}).text,
            "\xE2\x82\xAC 100");
}

}  // namespace
}  // namespace krait::completion
