// SPDX-License-Identifier: Apache-2.0
//
// The session with a fake model: what needs a certain moment (a cancel while
// the model runs, an edit before the answer) is made to happen by latches.
#include "daemon/server/lsp_session.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/completion/syntax.h"
#include "grammars/language.h"
#include "tests/daemon/fake_generator.h"
#include "tests/daemon/server/owner_calls.h"

namespace krait::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Keeps what the session sends.
class Sent : public lsp::Outbox {
 public:
  void Send(std::string message) override {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
  }
  std::vector<std::string> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(messages_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> messages_;
};

class LspSessionTest : public testing::Test {
 protected:
  LspSessionTest() {
    // So that the model runs only when it is asked.
    config_.rules.prefetch = false;
  }

  // `capabilities`: members, each with a comma behind it.
  void Start(std::unique_ptr<FakeGenerator> generator,
             const std::string& capabilities = "") {
    auto shared =
        std::make_shared<std::unique_ptr<FakeGenerator>>(std::move(generator));
    Start(
        [shared]() -> engine::Result<ReadyGenerator> {
          return ReadyGenerator{.generator = std::move(*shared),
                                .description = "fake"};
        },
        capabilities);
  }
  void Start(CompletionHost::Loader loader,
             const std::string& capabilities = "") {
    host_ =
        std::make_unique<CompletionHost>(std::move(loader), calls_.Poster());
    session_ =
        std::make_unique<LspSession>(sent_, *host_, acceptance_, config_);
    Receive(R"("id":1,"method":"initialize","params":{"capabilities":{)" +
            capabilities +
            R"("general":{"positionEncodings":["utf-8"]},
            "textDocument":{"inlineCompletion":{}}},
            "clientInfo":{"name":"test"},
            "workspaceFolders":[{"uri":"file:///w","name":"w"}],
            "initializationOptions":)" +
            options_ + "}");
    (void)sent_->Take();
    calls_.RunOne();  // the model is there, or not
  }

  void Receive(const std::string& rest) {
    session_->HandleMessage("{\"jsonrpc\":\"2.0\"," + rest + "}");
  }
  void Open(const std::string& text) {
    Receive(fmt::format(
        R"("method":"textDocument/didOpen","params":{{"textDocument":
        {{"uri":"file:///a.py","languageId":"python","version":1,
          "text":"{}"}}}})",
        text));
  }
  void Insert(int version, int character, const std::string& text) {
    Receive(fmt::format(
        R"("method":"textDocument/didChange","params":{{"textDocument":
        {{"uri":"file:///a.py","version":{0}}},"contentChanges":[{{"range":
        {{"start":{{"line":0,"character":{1}}},
          "end":{{"line":0,"character":{1}}}}},"text":"{2}"}}]}})",
        version, character, text));
  }
  void Ask(int id, int character,
           const std::string& method = "textDocument/inlineCompletion") {
    Receive(fmt::format(
        R"("id":{},"method":"{}","params":{{"textDocument":
        {{"uri":"file:///a.py"}},"position":{{"line":0,"character":{}}},
        "context":{{"triggerKind":2}}}})",
        id, method, character));
  }
  // Ends once the model, which has said `answer` behind "x = ", was warmed for
  // `prefix`.
  void WaitUntilWarmAfter(const std::string& answer,
                          const std::string& prefix) {
    std::latch warmed(1);
    auto generator = std::make_unique<FakeGenerator>(answer);
    generator->set_on_slice([&](const GeneratorPrompt& prompt) {
      if (prompt.prefix == prefix) warmed.count_down();
      return false;
    });
    Start(std::move(generator));
    Open("x = \\n");
    Ask(7, 4);
    calls_.RunOne();
    warmed.wait();
  }
  std::string Answer() {
    const auto messages = sent_->Take();
    EXPECT_EQ(messages.size(), 1U) << testing::PrintToString(messages);
    return messages.empty() ? "" : messages.front();
  }

  Config config_;
  std::string options_ = "null";  // initializationOptions
  AcceptanceStore acceptance_{std::filesystem::path()};
  std::shared_ptr<Sent> sent_ = std::make_shared<Sent>();
  OwnerCalls calls_;
  std::unique_ptr<CompletionHost> host_;
  std::unique_ptr<LspSession> session_;
};

TEST_F(LspSessionTest, AnswersInlineCompletions) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(7, 4);
  calls_.RunOne();
  const std::string answer = Answer();
  EXPECT_THAT(answer, HasSubstr("\"id\":7"));
  EXPECT_THAT(answer, HasSubstr("\"insertText\":\"foo(1)\""));
}

TEST_F(LspSessionTest, ANewRequestReplacesTheOneThatRuns) {
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

TEST_F(LspSessionTest, CancelIsAnsweredWhileTheModelRuns) {
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

TEST_F(LspSessionTest, AnswersForTheDocumentAsItIsByThen) {
  Start(std::make_unique<FakeGenerator>("foo(1)\n"));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 4);
  Insert(2, 4, "fo");
  calls_.RunOne();
  const std::string answer = Answer();
  EXPECT_THAT(answer, HasSubstr("\"insertText\":\"o(1)\""));
  EXPECT_THAT(answer, HasSubstr("\"character\":6"));
}

TEST_F(LspSessionTest, DropsAnAnswerForAnotherText) {
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

TEST_F(LspSessionTest, TheDocumentsSyntaxDecidesWhatIsShown) {
  const auto tree = ParseForRequest(grammars::LanguageOfPath("a.py"), "#", 0);
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

TEST_F(LspSessionTest, TypingThroughRunsNoModel) {
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
  EXPECT_EQ(host_->statistics().answers_by_plan().at("typed-through"), 1U);
  Receive(R"("method":"textDocument/didClose","params":{"textDocument":
    {"uri":"file:///a.py"}})");  // nothing waits any more
}

TEST_F(LspSessionTest, PopupItemsReplaceTheWord) {
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

TEST_F(LspSessionTest, ExtendsThePopupsSelection) {
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

TEST_F(LspSessionTest, WhatExtendsThePopupsSelectionIsChecked) {
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

TEST_F(LspSessionTest, NothingIsAskedWithinAWord) {
  Start(std::make_unique<FakeGenerator>("x"));
  (void)sent_->Take();
  Open("return width\\n");
  Ask(1, 9);
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
}

TEST_F(LspSessionTest, ShowsWhyThereIsNoModelAndAnswersEmpty) {
  Start([]() -> engine::Result<ReadyGenerator> {
    return engine::MakeError(engine::ErrorCode::kNotFound, "no such model");
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
  generator->set_on_slice([&](const GeneratorPrompt& prompt) {
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
  EXPECT_EQ(fake.max_tokens, CompletionOptions{}.max_tokens);
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

TEST_F(LspSessionTest, ItemsNameTheirSuggestionForTheAcceptance) {
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
  generator->set_on_slice([&](const GeneratorPrompt& prompt) {
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
  LspSession other(other_sent, *host_, acceptance_, config_);
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
