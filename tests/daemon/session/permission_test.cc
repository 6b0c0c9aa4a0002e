// SPDX-License-Identifier: Apache-2.0
//
// What a session does not let the model read, and what it waits for before it
// knows that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <latch>
#include <memory>
#include <string>

#include "tests/daemon/fake_generator.h"
#include "tests/daemon/session/session_fixture.h"

namespace krait::daemon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kInline = "textDocument/inlineCompletion";
constexpr const char* kPullsSettings = R"("workspace":{"configuration":true},)";

class PermissionTest : public LspSessionTest {
 protected:
  // Starts a session with a model whose calls are counted.
  const FakeGenerator& StartCounting(const std::string& capabilities = "") {
    auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
    const FakeGenerator& fake = *generator;
    Start(std::move(generator), capabilities);
    (void)sent_->Take();
    return fake;
  }
  // The user asks in a document: it is answered at once, and empty.
  void ExpectUnread(const std::string& uri, const std::string& because) {
    AskIn(uri, 7, 0, kInline, 1);
    EXPECT_THAT(Answer(), HasSubstr("\"items\":[]")) << uri;
    EXPECT_THAT(Explain(uri), HasSubstr(because)) << uri;
  }
  void ExpectRead(const std::string& uri) {
    AskIn(uri, 7, 4, kInline, 1);
    // Calls of timers may come before the model's.
    std::string answer;
    while (answer.empty()) {
      calls_.RunOne();
      for (const std::string& message : sent_->Take()) {
        if (message.find("\"id\":7") != std::string::npos) answer = message;
      }
    }
    EXPECT_THAT(answer, HasSubstr("foo(1)")) << uri;
  }
  // Looks up until `hang_` is counted down.
  void HangForFiles() {
    patience_.look_up = [hang = hang_](const std::filesystem::path&) {
      hang->wait();
      return FileFacts{};
    };
  }
  void AnswerSettings(int question, const std::string& answer) {
    Receive("\"id\":" + std::to_string(question) + ",\"result\":" + answer);
  }

  std::shared_ptr<std::latch> hang_ = std::make_shared<std::latch>(1);
};

TEST_F(PermissionTest, SecretsAreNotReadByAnyUri) {
  options_ = R"({"krait":{"completion":{"disabled_files":["secrets/**"]}}})";
  const FakeGenerator& fake = StartCounting();
  for (const char* uri :
       {"untitled:/tmp/proj/.env", "file:///tmp/proj/.env", "file:///p/.ENV",
        "git:/p/.env?%7B%22path%22%3A%22/p/.env%22%7D", "file:///p/%2Eenv",
        "vscode-remote://wsl+debian/p/.env", "file:///p/secrets/db.txt",
        "untitled:secrets%5Cdb.txt", "file://nas/p/.env",
        "vscode-notebook-cell:/p/secrets/a.ipynb#W0", "untitled:.env"}) {
    BeginOpen("DB_PASSWORD=hunter2hunter2 DB_", uri);
    ExpectUnread(uri, "completion.disabled_files");
  }
  const std::string endless = "file:///" + std::string(5000, 'a');
  BeginOpen("x", endless);
  ExpectUnread(endless, "longer than");
  EXPECT_EQ(fake.calls, 0);
}

TEST_F(PermissionTest, ALinkIsWhatItLeadsTo) {
  patience_.look_up = [](const std::filesystem::path& path) {
    return path == "/p/notes.txt" ? FileFacts{.real_paths = {"/home/u/.env"}}
                                  : FileFacts{.problem = "too many links"};
  };
  const FakeGenerator& fake = StartCounting();
  Open("x = \\n", "file:///p/notes.txt");
  ExpectUnread("file:///p/notes.txt", "completion.disabled_files");
  Open("x = \\n", "file:///p/other.txt");
  ExpectUnread("file:///p/other.txt", "too many links");
  EXPECT_EQ(fake.calls, 0);
}

TEST_F(PermissionTest, ARequestWaitsUntilItIsKnown) {
  HangForFiles();
  const FakeGenerator& fake = StartCounting();
  BeginOpen("x = \\n");
  Ask(1, 4);
  EXPECT_THAT(sent_->Take(), IsEmpty());
  Ask(2, 4);  // replaces the first
  EXPECT_THAT(Answer(), AllOf(HasSubstr("\"id\":1"), HasSubstr("-32800")));
  Receive(R"("method":"$/cancelRequest","params":{"id":2})");
  EXPECT_THAT(Answer(), AllOf(HasSubstr("\"id\":2"), HasSubstr("-32800")));
  Ask(3, 4);
  EXPECT_EQ(fake.calls, 0);
  hang_->count_down();
  calls_.RunOne();  // it is known
  calls_.RunOne();  // the model has answered
  EXPECT_THAT(Answer(), AllOf(HasSubstr("\"id\":3"), HasSubstr("foo(1)")));
}

TEST_F(PermissionTest, AnEditMeanwhileEndsTheRequest) {
  HangForFiles();
  StartCounting();
  BeginOpen("x = \\n");
  Ask(1, 4);
  Insert(2, 0, "y");
  hang_->count_down();
  calls_.RunOne();
  EXPECT_THAT(Answer(), AllOf(HasSubstr("\"id\":1"), HasSubstr("-32800")));
}

TEST_F(PermissionTest, AFileSystemThatHangsHoldsUpNoOtherDocument) {
  patience_.of_files.with_files = std::chrono::milliseconds(1);
  patience_.look_up = [hang = hang_](const std::filesystem::path& path) {
    if (path.native().starts_with("/dead")) hang->wait();
    return FileFacts{};
  };
  StartCounting();
  BeginOpen("x = \\n", "file:///dead/a.py");
  AskIn("file:///dead/a.py", 1, 4);
  calls_.RunOne();  // it was waited for long enough
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
  ExpectUnread("file:///dead/a.py", "does not answer");
  hang_->count_down();
  calls_.RunOne();  // it answers
  ExpectRead("file:///dead/a.py");
}

TEST_F(PermissionTest, UnnamedBuffersAndCellsAreCompleted) {
  const FakeGenerator& fake = StartCounting();
  BeginOpen("x = \\n", "untitled:Untitled-1");
  ExpectRead("untitled:Untitled-1");
  EXPECT_EQ(fake.path, "Untitled-1");
  // Cells of one notebook are documents of their own.
  Open("x = \\n", "vscode-notebook-cell:/w/n/a.ipynb#W0");
  ExpectRead("vscode-notebook-cell:/w/n/a.ipynb#W0");
  EXPECT_EQ(fake.path, "n/a.ipynb#W0");
  Open("y = \\n", "vscode-notebook-cell:/w/n/a.ipynb#W1");
  ExpectRead("vscode-notebook-cell:/w/n/a.ipynb#W1");
  EXPECT_EQ(fake.path, "n/a.ipynb#W1");
  EXPECT_EQ(fake.prefix, "y = ");
}

TEST_F(PermissionTest, RequestsWaitForTheEditorsSettings) {
  const FakeGenerator& fake = StartCounting(kPullsSettings);
  Receive(R"("method":"initialized","params":{})");
  EXPECT_THAT(Answer(), HasSubstr("workspace/configuration"));
  Open("x = \\n");
  Ask(5, 4);
  EXPECT_THAT(sent_->Take(), IsEmpty());
  AnswerSettings(1, R"([{"completion":{"disabled_files":["*.py"]}}])");
  EXPECT_THAT(Answer(),
              AllOf(HasSubstr("\"id\":5"), HasSubstr("\"items\":[]")));
  EXPECT_EQ(fake.calls, 0);
  // It is asked again, and allows it.
  Receive(R"("method":"workspace/didChangeConfiguration","params":
    {"settings":null})");
  (void)sent_->Take();
  Ask(6, 4);
  EXPECT_THAT(sent_->Take(), IsEmpty());
  AnswerSettings(2, "[null]");
  // Nothing was set: what was before holds.
  EXPECT_THAT(Answer(), HasSubstr("\"items\":[]"));
  Receive(R"("method":"workspace/didChangeConfiguration","params":
    {"settings":null})");
  (void)sent_->Take();
  AnswerSettings(3, "[{}]");
  ExpectRead("file:///a.py");
}

TEST_F(PermissionTest, AnEditorThatHasNoSettingsSaysSo) {
  StartCounting(kPullsSettings);
  Receive(R"("method":"initialized","params":{})");
  (void)sent_->Take();
  Open("x = \\n");
  Receive(R"("id":1,"error":{"code":-32601,"message":"no"})");
  ExpectRead("file:///a.py");
}

TEST_F(PermissionTest, NothingIsReadForAnEditorThatDoesNotAnswer) {
  patience_.of_settings = std::chrono::milliseconds(1);
  const FakeGenerator& fake = StartCounting(kPullsSettings);
  Receive(R"("method":"initialized","params":{})");
  (void)sent_->Take();
  Open("x = \\n");
  Ask(5, 4);
  std::string messages;
  while (messages.find("\"items\":[]") == std::string::npos) {
    calls_.RunOne();
    for (const std::string& message : sent_->Take()) messages += message;
  }
  EXPECT_THAT(messages, AllOf(HasSubstr("showMessage"),
                              HasSubstr("workspace/configuration")));
  EXPECT_EQ(fake.calls, 0);
  ExpectUnread("file:///a.py", "workspace/configuration");
  AnswerSettings(1, "[{}]");
  ExpectRead("file:///a.py");
}

TEST_F(PermissionTest, WhatABridgeHasKeptIsInForceAtOnce) {
  const FakeGenerator& fake = StartCounting(kPullsSettings);
  Receive(R"("method":"initialized","params":{})");
  (void)sent_->Take();
  Receive(R"("method":"krait/keptSettings","params":
    [{"completion":{"disabled_files":["*.py"]}}])");
  Open("x = \\n");
  ExpectUnread("file:///a.py", "disabled_files");
  EXPECT_EQ(fake.calls, 0);
}

TEST_F(PermissionTest, AWrongListLeavesNothingToBeRead) {
  StartCounting();
  Open("x = \\n");
  ExpectRead("file:///a.py");
  Receive(R"("method":"workspace/didChangeConfiguration","params":
    {"settings":{"krait":{"completion":{"disabled_files":"*.env"}}}})");
  EXPECT_THAT(Answer(),
              AllOf(HasSubstr("showMessage"), HasSubstr("expected a list")));
  ExpectUnread("file:///a.py", "right again");
  Receive(R"("method":"workspace/didChangeConfiguration","params":
    {"settings":{"krait":{"completion":{"disabled_files":["*.env"]}}}})");
  ExpectRead("file:///a.py");
}

TEST_F(PermissionTest, ARunningCompletionOfWhatIsForbiddenIsNotShown) {
  std::latch running(1);
  std::latch forbidden(1);
  auto generator = std::make_unique<FakeGenerator>("foo");
  auto first = std::make_shared<bool>(true);
  generator->set_before_token([&, first] {
    if (!std::exchange(*first, false)) return;
    running.count_down();
    forbidden.wait();
  });
  Start(std::move(generator));
  (void)sent_->Take();
  Open("x = \\n");
  Ask(1, 4);
  running.wait();
  Receive(R"("method":"workspace/didChangeConfiguration","params":
    {"settings":{"krait":{"completion":{"disabled_files":["*.py"]}}}})");
  EXPECT_THAT(Answer(), AllOf(HasSubstr("\"id\":1"), HasSubstr("-32800")));
  forbidden.count_down();
  calls_.RunOne();
  EXPECT_THAT(sent_->Take(), IsEmpty());
}

}  // namespace
}  // namespace krait::daemon
