// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_SESSION_SESSION_FIXTURE_H_
#define KRAIT_TESTS_DAEMON_SESSION_SESSION_FIXTURE_H_

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <chrono>
#include <filesystem>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/session/lsp_session.h"
#include "tests/daemon/fake_generator.h"
#include "tests/daemon/load_fake.h"
#include "tests/daemon/session/owner_calls.h"

namespace krait::daemon {

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

// A session with a fake model; the test is what an editor and the session's
// thread are.
class LspSessionTest : public testing::Test {
 protected:
  LspSessionTest() {
    // So that the model runs only when it is asked.
    config_.rules.prefetch = false;
  }

  // `capabilities`: members, each with a comma behind it.
  void Start(std::unique_ptr<FakeGenerator> generator,
             const std::string& capabilities = "") {
    Start(LoadFake(std::move(generator)), capabilities);
  }
  void Start(CompletionHost::Loader loader,
             const std::string& capabilities = "") {
    host_ =
        std::make_unique<CompletionHost>(std::move(loader), calls_.Poster());
    session_ = std::make_unique<LspSession>(sent_, *host_, acceptance_, config_,
                                            patience_);
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
  // `text` as in JSON. Ends once it is known where the document lies.
  void Open(const std::string& text, const std::string& uri = "file:///a.py") {
    BeginOpen(text, uri);
    calls_.RunOne();
  }
  // The same, without waiting.
  void BeginOpen(const std::string& text,
                 const std::string& uri = "file:///a.py") {
    Receive(fmt::format(
        R"("method":"textDocument/didOpen","params":{{"textDocument":
        {{"uri":{},"languageId":"python","version":1,"text":"{}"}}}})",
        base::JsonText(boost::json::value(uri)), text));
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
    AskIn("file:///a.py", id, character, method);
  }
  // `kind` 1: the user asks.
  void AskIn(const std::string& uri, int id, int character,
             const std::string& method = "textDocument/inlineCompletion",
             int kind = 2) {
    Receive(fmt::format(
        R"("id":{},"method":"{}","params":{{"textDocument":
        {{"uri":{}}},"position":{{"line":0,"character":{}}},
        "context":{{"triggerKind":{}}}}})",
        id, method, base::JsonText(boost::json::value(uri)), character, kind));
  }
  // Returns what krait/explain answers.
  std::string Explain(const std::string& uri) {
    Receive(fmt::format(R"("id":"e","method":"krait/explain",
        "params":{{"textDocument":{{"uri":{}}}}})",
                        base::JsonText(boost::json::value(uri))));
    return Answer();
  }
  // Ends once the model, which has said `answer` behind "x = ", was warmed for
  // `prefix`.
  void WaitUntilWarmAfter(const std::string& answer,
                          const std::string& prefix) {
    std::latch warmed(1);
    auto generator = std::make_unique<FakeGenerator>(answer);
    generator->set_on_slice([&](const completion::GeneratorPrompt& prompt) {
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
  // Finds nothing, at once.
  SessionPatience patience_ = {
      .look_up = [](const std::filesystem::path&) { return FileFacts{}; },
      .of_files = {.with_files = std::chrono::hours(1),
                   .again_after = std::chrono::hours(1)},
      .of_settings = std::chrono::hours(1)};
  std::string options_ = "null";  // initializationOptions
  AcceptanceStore acceptance_{std::filesystem::path()};
  std::shared_ptr<Sent> sent_ = std::make_shared<Sent>();
  OwnerCalls calls_;
  std::unique_ptr<CompletionHost> host_;
  std::unique_ptr<LspSession> session_;
};

}  // namespace krait::daemon

#endif  // KRAIT_TESTS_DAEMON_SESSION_SESSION_FIXTURE_H_
