// SPDX-License-Identifier: Apache-2.0
//
// What a session answers with a fake model: what needs a certain moment (a
// cancel while the model runs, an edit before the answer) is made to happen by
// latches.
#include "daemon/session/session_completions.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/completion/shown/syntax.h"
#include "grammars/language.h"
#include "tests/daemon/fake_generator.h"
#include "tests/daemon/session/session_fixture.h"

namespace krait::daemon {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

using SessionCompletionsTest = LspSessionTest;

TEST_F(SessionCompletionsTest, AnswersInlineCompletions) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(7, 4);
  calls_.RunOne();
  const std::string answer = Answer();
  EXPECT_THAT(answer, HasSubstr("\"id\":7"));
  EXPECT_THAT(answer, HasSubstr("\"insertText\":\"foo(1)\""));
}

TEST_F(SessionCompletionsTest, WhoAsksByHandGetsAlternativesWithIdsOfTheirOwn) {
  auto generator =
      std::make_unique<FakeGenerator>(std::vector<std::string>{"foo", "(1)"});
  generator->set_logprobs({0, -1});
  generator->set_alternatives({{"(2)"}, {"(3)"}, {"(4)"}});
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Receive(R"("id":7,"method":"textDocument/inlineCompletion","params":
    {"textDocument":{"uri":"file:///a.py"},"position":{"line":0,"character":4},
     "context":{"triggerKind":1}})");
  calls_.RunOne();
  const std::string answer = Answer();
  for (const char* text : {"foo(1)", "foo(2)", "foo(3)"}) {
    EXPECT_THAT(answer, HasSubstr(fmt::format(R"("insertText":"{}")", text)));
  }
  EXPECT_THAT(answer, Not(HasSubstr("foo(4)")));
  for (const char* id : {"1", "2", "3"}) {
    EXPECT_THAT(answer, HasSubstr(fmt::format(R"("arguments":["{}"])", id)));
  }
}

TEST_F(SessionCompletionsTest,
       WhoAsksByHandForMoreThanIsShownGetsAlternatives) {
  auto generator =
      std::make_unique<FakeGenerator>(std::vector<std::string>{"foo", "(1)"});
  generator->set_logprobs({0, -1});
  generator->set_alternatives({{"(2)"}});
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 4);  // as editors do while the user types
  calls_.RunOne();
  (void)sent_->Take();
  Receive(R"("id":2,"method":"textDocument/inlineCompletion","params":
    {"textDocument":{"uri":"file:///a.py"},"position":{"line":0,"character":4},
     "context":{"triggerKind":1}})");
  calls_.RunOne();
  const std::string answer = Answer();
  EXPECT_THAT(answer, HasSubstr("\"insertText\":\"foo(1)\""));
  EXPECT_THAT(answer, HasSubstr("\"insertText\":\"foo(2)\""));
}

TEST_F(SessionCompletionsTest, UnaskedThereIsOneAnswer) {
  auto generator =
      std::make_unique<FakeGenerator>(std::vector<std::string>{"foo", "(1)"});
  generator->set_alternatives({{"bar"}});
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(7, 4);
  calls_.RunOne();
  EXPECT_THAT(Answer(), Not(HasSubstr("bar")));
}

TEST_F(SessionCompletionsTest, ANewRequestReplacesTheOneThatRuns) {
  std::latch running(1);
  std::latch superseded(1);
  auto generator = std::make_unique<FakeGenerator>("foo");
  auto first = std::make_shared<bool>(true);
  generator->set_before_token([&, first] {
    if (!std::exchange(*first, false)) return;
    running.count_down();
    superseded.wait();
  });
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 3);
  running.wait();
  Ask(2, 4);
  EXPECT_THAT(Answer(),
              testing::AllOf(HasSubstr("\"id\":1"), HasSubstr("-32800")));
  superseded.count_down();
  calls_.RunOne();
  calls_.RunOne();
  EXPECT_THAT(Answer(),
              testing::AllOf(HasSubstr("\"id\":2"), HasSubstr("\"foo\"")));
}

TEST_F(SessionCompletionsTest, CancelIsAnsweredWhileTheModelRuns) {
  std::latch running(1);
  std::latch cancelled(1);
  auto generator = std::make_unique<FakeGenerator>("foo");
  auto first = std::make_shared<bool>(true);
  generator->set_before_token([&, first] {
    if (!std::exchange(*first, false)) return;
    running.count_down();
    cancelled.wait();
  });
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(5, 4);
  running.wait();
  Receive(R"("method":"$/cancelRequest","params":{"id":5})");
  EXPECT_THAT(Answer(),
              testing::AllOf(HasSubstr("\"id\":5"), HasSubstr("-32800")));
  cancelled.count_down();
  calls_.RunOne();
  EXPECT_TRUE(sent_->Take().empty());  // answered once
}

TEST_F(SessionCompletionsTest, AnswersForTheDocumentAsItIsByThen) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  // By hand: the tree of the text before the edit may never be made.
  AskIn("file:///a.py", 1, 4, "textDocument/inlineCompletion", 1);
  Insert(2, 4, "fo");
  calls_.RunOne();
  const std::string answer = Answer();
  EXPECT_THAT(answer, HasSubstr("\"insertText\":\"o(1)\""));
  EXPECT_THAT(answer, HasSubstr("\"character\":6"));
}

TEST_F(SessionCompletionsTest, DropsAnAnswerForAnotherText) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 4);
  Insert(2, 0, "y");
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
  Receive(R"("id":2,"method":"krait/explain","params":{"textDocument":
    {"uri":"file:///a.py"}})");
  EXPECT_THAT(Answer(), HasSubstr("the document changed"));
}

TEST_F(SessionCompletionsTest, TheDocumentsSyntaxDecidesWhatIsShown) {
  const auto tree =
      completion::ParseForRequest(grammars::LanguageOfPath("a.py"), "#", 0);
  if (!tree.slot->Wait({})->HasGrammar()) {
    GTEST_SKIP() << "built without grammars";
  }
  Start(std::make_unique<FakeGenerator>("one\ntwo\n"));
  (void)sent_->Take();
  Open("#\\n");
  // A completion does without the tree where it is not there in time: typing on
  // and asking again finds it.
  std::string explained;
  std::string answer;
  for (int version = 2; explained.find("grammar") == std::string::npos;
       ++version) {
    Insert(version, version - 1, "x");
    Ask(version, version);
    calls_.RunOne();
    answer = Answer();
    Receive(R"("id":1,"method":"krait/explain","params":{"textDocument":
      {"uri":"file:///a.py"}})");
    explained = Answer();
    ASSERT_THAT(explained, HasSubstr("\"syntax\""));
  }
  // A comment is a line, though nothing follows the cursor.
  EXPECT_THAT(answer, HasSubstr("\"insertText\":\"one\""));
  EXPECT_THAT(explained, HasSubstr("\"extent\": \"line\""));
}

TEST_F(SessionCompletionsTest, TypingThroughRunsNoModel) {
  auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
  const FakeGenerator& fake = *generator;
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 4);
  calls_.RunOne();
  (void)sent_->Take();
  Insert(2, 4, "foo");
  Ask(2, 7);
  EXPECT_THAT(Answer(), HasSubstr("\"insertText\":\"(1)\""));
  EXPECT_EQ(fake.calls, 1);
  Receive(R"("id":3,"method":"krait/explain","params":{"textDocument":
    {"uri":"file:///a.py"}})");
  // It says how the whole came about, which is what the user looks at.
  const std::string explained = Answer();
  EXPECT_THAT(explained, HasSubstr("\"plan\": \"spm\""));
  EXPECT_THAT(explained, HasSubstr("\"typed_through\": true"));
  EXPECT_THAT(explained, HasSubstr("\"tokens_generated\": 7"));
  EXPECT_THAT(explained, HasSubstr("\"shown\": {\"text\": \"foo(1)\", "
                                   "\"typed\": \"foo\", \"position\": "
                                   "{\"line\": 0, \"character\": 4}}"));
  EXPECT_EQ(host_->statistics().answers_by_plan().at(
                completion::PromptPlan::kTypedThrough),
            1U);
  Receive(R"("method":"textDocument/didClose","params":{"textDocument":
    {"uri":"file:///a.py"}})");  // nothing waits any more
}

// It was shown, unchecked, to who asked by hand.
TEST_F(SessionCompletionsTest, WhatWasHurriedIsAnsweredAnew) {
  config_.completion.syntax_budget = {.steps = 0};
  Start(std::make_unique<FakeGenerator>("foo(1);\n"));
  (void)sent_->Take();
  Receive(R"("method":"textDocument/didOpen","params":{"textDocument":
    {"uri":"file:///a.py","languageId":"c","version":1,
     "text":"int x = \n"}})");
  calls_.RunOne();
  AskIn("file:///a.py", 1, 8, "textDocument/inlineCompletion", 1);
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("\"insertText\":\"foo(1);\""));
  EXPECT_THAT(Explain("file:///a.py"), HasSubstr("\"hurried\": \"the syntax"));
  Insert(2, 8, "foo");
  Ask(2, 11);
  ASSERT_THAT(sent_->Take(), testing::IsEmpty());  // the model is asked
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("\"id\":2"));
}

TEST_F(SessionCompletionsTest, PopupItemsReplaceTheWord) {
  Start(std::make_unique<FakeGenerator>("int(x)\n"));
  (void)sent_->Take();
  Open("pr\\n");
  Ask(1, 2, "textDocument/completion");
  calls_.RunOne();
  const std::string answer = Answer();
  EXPECT_THAT(answer, HasSubstr("\"isIncomplete\":true"));
  EXPECT_THAT(answer, HasSubstr("\"filterText\":\"print(x)\""));
  EXPECT_THAT(answer, HasSubstr("\"newText\":\"print(x)\""));
  EXPECT_THAT(answer, HasSubstr("\"start\":{\"line\":0,\"character\":0}"));
}

TEST_F(SessionCompletionsTest,
       PopupItemsStandBehindOthersByTheirFirstVisibleLine) {
  Start(std::make_unique<FakeGenerator>("\n  foo(1)\n  bar\n"));
  (void)sent_->Take();
  Open("if x:\\n");
  Ask(1, 5, "textDocument/completion");
  calls_.RunOne();
  const std::string answer = Answer();
  EXPECT_THAT(answer, HasSubstr("\"label\":\"foo(1)\""));
  EXPECT_THAT(answer, HasSubstr("\"sortText\":\"~\""));
}

TEST_F(SessionCompletionsTest, ThePopupsItemCanBeTurnedOff) {
  options_ = R"({"completion":{"menu_item":false}})";
  auto generator = std::make_unique<FakeGenerator>("foo\n");
  const FakeGenerator& fake = *generator;
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 4, "textDocument/completion");
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
  EXPECT_EQ(fake.calls, 0);
  LspSession other(sent_, *host_, acceptance_, config_, patience_);
  other.HandleMessage(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":
    {"capabilities":{},"initializationOptions":{"completion":
    {"menu_item":false}}}})");
  EXPECT_THAT(sent_->Take(), Not(Contains(HasSubstr("completionProvider"))));
}

TEST_F(SessionCompletionsTest, WhatIsTypedAlongIntoTheNextLineIsKept) {
  auto generator = std::make_unique<FakeGenerator>("\n  foo(1)\n");
  const FakeGenerator& fake = *generator;
  Start(std::move(generator));
  (void)sent_->Take();
  Open("if x:\\r\\ny\\r\\n");
  Ask(1, 5);
  calls_.RunOne();
  const std::string first = Answer();
  ASSERT_THAT(first, HasSubstr("foo(1)"));
  Insert(2, 5, "\\r\\n  f");
  Receive(R"("id":2,"method":"textDocument/inlineCompletion","params":
    {"textDocument":{"uri":"file:///a.py"},"position":
    {"line":1,"character":3},"context":{"triggerKind":2}})");
  EXPECT_THAT(Answer(), testing::AllOf(HasSubstr("\"insertText\":\"oo(1)"),
                                       HasSubstr("\"arguments\":[\"1\"]")));
  EXPECT_EQ(fake.calls, 1);
}

TEST_F(SessionCompletionsTest, ExtendsThePopupsSelection) {
  Start(std::make_unique<FakeGenerator>("(x)\n"));
  (void)sent_->Take();
  Open("pr\\n");
  Receive(R"("id":1,"method":"textDocument/inlineCompletion","params":
    {"textDocument":{"uri":"file:///a.py"},"position":{"line":0,"character":2},
     "context":{"triggerKind":2,"selectedCompletionInfo":{"text":"print",
     "range":{"start":{"line":0,"character":0},
              "end":{"line":0,"character":2}}}}})");
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("\"insertText\":\"print(x)\""));
}

TEST_F(SessionCompletionsTest, WhatExtendsThePopupsSelectionIsChecked) {
  Start(std::make_unique<FakeGenerator>("\n    raise ValueError(x)\n"));
  (void)sent_->Take();
  Open("if self._\\n");
  Receive(R"("id":1,"method":"textDocument/inlineCompletion","params":
    {"textDocument":{"uri":"file:///a.py"},"position":{"line":0,"character":9},
     "context":{"triggerKind":2,"selectedCompletionInfo":{"text":"_iseven",
     "range":{"start":{"line":0,"character":8},
              "end":{"line":0,"character":9}}}}})");
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
}

TEST_F(SessionCompletionsTest, NothingIsAskedWithinAWord) {
  Start(std::make_unique<FakeGenerator>("x"));
  (void)sent_->Take();
  Open("return width\\n");
  Ask(1, 9);
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
}

TEST_F(SessionCompletionsTest, ItemsNameTheirSuggestionForTheAcceptance) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 4);
  calls_.RunOne();
  EXPECT_THAT(Answer(),
              HasSubstr(R"("command":"krait.didAcceptCompletionItem",)"
                        R"("arguments":["1"])"));
  Receive(R"("id":2,"method":"workspace/executeCommand","params":
    {"command":"krait.didAcceptCompletionItem","arguments":["1"]})");
  EXPECT_THAT(Answer(), HasSubstr(R"("id":2,"result":null)"));
  Receive(R"("id":3,"method":"workspace/executeCommand","params":
    {"command":"rm","arguments":[{}]})");
  EXPECT_THAT(Answer(), HasSubstr("command: expected krait."));
}

}  // namespace
}  // namespace krait::daemon
