// SPDX-License-Identifier: Apache-2.0
//
// The life of a session with a fake model: its documents, settings and status,
// and the warming between requests.
#include "daemon/session/lsp_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/daemon/fake_generator.h"
#include "tests/daemon/session/session_fixture.h"

namespace krait::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(LspSessionTest, ALanguageThatTheModelDoesNotKnowIsOffAndSaysSo) {
  auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
  generator->set_languages({"c", "rust"});
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(7, 4);
  EXPECT_THAT(Answer(), HasSubstr(R"("items":[])"));
  Receive(R"("id":2,"method":"krait/explain","params":{"textDocument":
    {"uri":"file:///a.py"}})");
  EXPECT_THAT(Answer(), HasSubstr("this model does not know python"));
  Receive(R"("method":"workspace/didChangeConfiguration","params":{"settings":
    {"krait":{"completion":{"languages":{"python":true}}}}})");
  (void)sent_->Take();
  Ask(8, 4);
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("foo(1)"));
}

TEST_F(LspSessionTest, WhatTheModelKnowsMayBeLearnedWhileARequestWaits) {
  std::latch asked(1);
  auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
  generator->set_languages({"c"});
  host_ = std::make_unique<CompletionHost>(
      LoadFake(std::move(generator), [&asked] { asked.wait(); }),
      calls_.Poster());
  session_ = std::make_unique<LspSession>(sent_, *host_, acceptance_, config_);
  Receive(R"("id":1,"method":"initialize","params":{"capabilities":{}})");
  Open("x = \\n");
  (void)sent_->Take();
  Ask(7, 4);
  asked.count_down();
  calls_.RunOne();
  (void)sent_->Take();
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr(R"("items":[])"));
}

TEST_F(LspSessionTest, ALostDocumentIsToldOnceAndComesBackByAFullText) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  const auto bad = [this] {
    session_->HandleMessage(
        R"({"jsonrpc":"2.0","method":"textDocument/didChange","params":
        {"textDocument":{"uri":"file:///a.py","version":2},
         "contentChanges":[{"text":"\x"}]}})");
  };
  bad();
  bad();
  Insert(3, 0, "y");
  std::string told;
  size_t shown = 0;
  for (const std::string& message : sent_->Take()) {
    if (message.find("showMessage") == std::string::npos) continue;
    told = message;
    ++shown;
  }
  EXPECT_EQ(shown, 1U);
  EXPECT_THAT(told, HasSubstr("file:///a.py"));
  Ask(1, 4);
  EXPECT_THAT(Answer(), HasSubstr("error"));
  Receive(R"("method":"textDocument/didChange","params":{"textDocument":
    {"uri":"file:///a.py","version":4},"contentChanges":[{"text":"z = \n"}]})");
  Ask(2, 4);
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("foo(1)"));
}

TEST_F(LspSessionTest, WhatIsTooLargeCostsItsDocument) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  session_->HandleTooLarge({.id = lsp::RequestId(int64_t{4}),
                            .method = "m",
                            .bytes = size_t{65} << 20});
  EXPECT_THAT(sent_->Take(), Contains(testing::AllOf(HasSubstr("\"id\":4"),
                                                     HasSubstr("-32803"))));
  session_->HandleTooLarge({.method = "textDocument/didOpen",
                            .uri = "file:///big.log",
                            .language_id = "log",
                            .bytes = size_t{65} << 20});
  EXPECT_THAT(sent_->Take(),
              Contains(testing::AllOf(HasSubstr("showMessage"),
                                      HasSubstr("file:///big.log"))));
  calls_.RunOne();  // where that lies
  Ask(5, 4);
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("foo(1)"));
}

TEST_F(LspSessionTest, SettingsThatCannotBeReadLeaveNothingToBeRead) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  session_->HandleMessage(
      R"({"jsonrpc":"2.0","method":"workspace/didChangeConfiguration","params":
      {"settings":{"krait":{"completion":{"disabled_files":["\x"]}}}}})");
  EXPECT_THAT(sent_->Take(), Contains(HasSubstr("showMessage")));
  Ask(1, 4);
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
}

TEST_F(LspSessionTest, ShowsWhyThereIsNoModelAndAnswersEmpty) {
  Start([]() -> base::Result<ReadyGenerator> {
    return base::MakeError(base::ErrorCode::kNotFound, "no such model");
  });
  EXPECT_THAT(Answer(), testing::AllOf(HasSubstr("window/showMessage"),
                                       HasSubstr("no such model")));
  Open("x = \\n");
  Ask(1, 4);
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
}

TEST_F(LspSessionTest, AnUnknownDocumentIsAnError) {
  Start(std::make_unique<FakeGenerator>("x"));
  (void)sent_->Take();
  Ask(1, 0);
  EXPECT_THAT(Answer(),
              testing::AllOf(HasSubstr("-32602"), HasSubstr("is not open")));
}

TEST_F(LspSessionTest, ExitAfterShutdownIsZero) {
  Start(std::make_unique<FakeGenerator>("x"));
  EXPECT_EQ(session_->exit_code(), std::nullopt);
  Receive(R"("id":9,"method":"shutdown")");
  Receive(R"("method":"exit")");
  EXPECT_EQ(session_->exit_code(), 0);
}

TEST_F(LspSessionTest, ExitWithoutShutdownIsOne) {
  Start(std::make_unique<FakeGenerator>("x"));
  Receive(R"("method":"exit")");
  EXPECT_EQ(session_->exit_code(), 1);
}

TEST_F(LspSessionTest, EndsWhileTheModelRuns) {
  std::latch running(1);
  auto generator = std::make_unique<FakeGenerator>(std::string(1000, 'x'));
  auto first = std::make_shared<bool>(true);
  generator->set_before_token([&, first] {
    if (std::exchange(*first, false)) running.count_down();
  });
  Start(std::move(generator));
  Open("x = \\n");
  Ask(1, 4);
  running.wait();
  session_.reset();  // must not wait for a thousand tokens, nor crash
  (void)sent_->Take();
  calls_.RunOne();  // the result of a session that is gone
  EXPECT_THAT(sent_->Take(), IsEmpty());
}

TEST_F(LspSessionTest, WarmsWhereAnEditEnded) {
  std::latch warmed(1);
  auto generator = std::make_unique<FakeGenerator>("x");
  generator->set_on_slice([&](const completion::GeneratorPrompt& prompt) {
    if (prompt.prefix == "y = foo" && prompt.suffix == "\n") {
      warmed.count_down();
    }
    return false;
  });
  Start(std::move(generator));
  Open("y = \\n");
  Insert(2, 4, "foo");
  warmed.wait();
}

TEST_F(LspSessionTest, WarmsBehindWhatIsShown) {
  WaitUntilWarmAfter("foo(1)\n", "x = foo(1)");
}

TEST_F(LspSessionTest, WarmsThePlaceWhereNothingIsShown) {
  WaitUntilWarmAfter("\n", "x = ");
}

TEST_F(LspSessionTest, GeneratesAheadBehindWhatIsShown) {
  config_.rules.prefetch = true;
  std::latch ahead(1);
  std::latch again(1);
  auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
  FakeGenerator& fake = *generator;
  // From the host's thread, as all that the generator does.
  generator->set_before_token([&, begun = 0]() mutable {
    if (fake.prefix != "x = foo(1)" || fake.calls == begun) return;
    begun = fake.calls;
    (fake.calls == 2 ? ahead : again).count_down();
  });
  Start(std::move(generator));
  Open("x = \\n");
  Ask(1, 4);
  calls_.RunOne();
  ahead.wait();
  // What is typed along it does not take that away.
  Insert(2, 4, "foo");
  Ask(2, 7);
  again.wait();
}

TEST_F(LspSessionTest, AsksForSettingsThatChangedAndTakesTheLast) {
  auto generator = std::make_unique<FakeGenerator>("abcdef");
  const FakeGenerator& fake = *generator;
  Start(std::move(generator), R"("workspace":{"configuration":true},)");
  (void)sent_->Take();
  Open("x = \\n");
  Receive(R"("method":"workspace/didChangeConfiguration","params":
    {"settings":null})");
  EXPECT_THAT(Answer(), testing::AllOf(HasSubstr("workspace/configuration"),
                                       HasSubstr("\"section\":\"krait\"")));
  Receive(R"("id":1,"result":[{"completion":{"max_tokens":3}}])");
  Ask(5, 4);
  calls_.RunOne();
  EXPECT_EQ(fake.max_tokens, 3U);
  Receive(R"("method":"workspace/didChangeConfiguration","params":
    {"settings":{"krait":{}}})");
  Ask(6, 3);
  calls_.RunOne();
  EXPECT_EQ(fake.max_tokens, completion::CompletionOptions{}.max_tokens);
}

TEST_F(LspSessionTest, RulesForbidAndSayWhyUnlessTheUserAsks) {
  auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
  const FakeGenerator& fake = *generator;
  options_ = R"({"krait":{"completion":{"languages":{"python":false}}}})";
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 4);
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
  Receive(R"("id":2,"method":"krait/explain","params":{"textDocument":
    {"uri":"file:///a.py"}})");
  EXPECT_THAT(Answer(), HasSubstr("turned off for python"));
  EXPECT_EQ(fake.calls, 0);
  Receive(R"("id":3,"method":"textDocument/inlineCompletion","params":
    {"textDocument":{"uri":"file:///a.py"},"position":
    {"line":0,"character":4},"context":{"triggerKind":1}})");
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("foo(1)"));
}

TEST_F(LspSessionTest, AnIntroducedClientIsToldHowKraitIs) {
  options_ = R"({"editorPluginInfo":{"name":"p","version":"1"},
    "krait":{"completion":{"disabled_files":["*.py"]}}})";
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  EXPECT_THAT(sent_->Take(),
              Contains(testing::AllOf(HasSubstr("didChangeStatus"),
                                      HasSubstr("\"kind\":\"Normal\""),
                                      HasSubstr("\"model\":\"fake\""))));
  Open("x = \\n");
  Receive(R"("method":"textDocument/didFocus","params":{"textDocument":
    {"uri":"file:///a.py"},"position":{"line":0,"character":4}})");
  EXPECT_THAT(Answer(), testing::AllOf(HasSubstr("\"kind\":\"Inactive\""),
                                       HasSubstr("disabled_files")));
  Receive(R"("method":"textDocument/didFocus","params":{})");
  EXPECT_THAT(Answer(), HasSubstr("\"kind\":\"Normal\""));
}

TEST_F(LspSessionTest, TheFocusWarmsWhereTheCursorIs) {
  std::latch warmed(1);
  auto generator = std::make_unique<FakeGenerator>("x");
  generator->set_on_slice([&](const completion::GeneratorPrompt& prompt) {
    if (prompt.prefix == "x =" && prompt.suffix == " 1\n") warmed.count_down();
    return false;
  });
  Start(std::move(generator));
  Open("x = 1\\n");
  Receive(R"("method":"textDocument/didFocus","params":{"textDocument":
    {"uri":"file:///a.py"},"position":{"line":0,"character":3}})");
  warmed.wait();
}

TEST_F(LspSessionTest, SaysItsStatus) {
  Start(std::make_unique<FakeGenerator>("x"));
  (void)sent_->Take();
  Open("x = \\n");
  Receive(R"("id":4,"method":"krait/status")");
  EXPECT_THAT(Answer(),
              testing::AllOf(HasSubstr(R"("description": "fake")"),
                             HasSubstr("file:///a.py"),
                             HasSubstr(R"("statistics": {"since": "")")));
}

TEST_F(LspSessionTest, SessionsShareOneModel) {
  auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
  const FakeGenerator& fake = *generator;
  Start(std::move(generator));
  const auto other_sent = std::make_shared<Sent>();
  LspSession other(other_sent, *host_, acceptance_, config_, patience_);
  other.HandleMessage(
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":
        {"capabilities":{"textDocument":{"inlineCompletion":{}}}}})");
  EXPECT_THAT(other_sent->Take(), Contains(HasSubstr("krait is ready: fake")));
  Open("x = \\n");
  (void)sent_->Take();
  Ask(7, 4);
  calls_.RunOne();
  EXPECT_THAT(Answer(), HasSubstr("foo(1)"));
  // Documents are each session's own.
  other.HandleMessage(
      R"({"jsonrpc":"2.0","id":2,"method":"textDocument/inlineCompletion",
        "params":{"textDocument":{"uri":"file:///a.py"},
        "position":{"line":0,"character":4},"context":{"triggerKind":2}}})");
  EXPECT_THAT(other_sent->Take(), ElementsAre(HasSubstr("is not open")));
  EXPECT_EQ(fake.calls, 1);
}

}  // namespace
}  // namespace krait::daemon
