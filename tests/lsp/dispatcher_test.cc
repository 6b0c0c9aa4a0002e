// SPDX-License-Identifier: Apache-2.0
#include "lsp/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/completion_types.h"
#include "lsp/document_types.h"
#include "lsp/lifecycle_types.h"
#include "tests/lsp/recording_outbox.h"

namespace krait::lsp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() {
    dispatcher_.OnRequest<InitializeParams>(
        "initialize", [](const InitializeParams&, const Reply& reply) {
          reply.Succeed(InitializeResult{.server_name = "krait",
                                         .server_version = "1",
                                         .inline_completion = true});
        });
    dispatcher_.OnRequest<NoParams>(
        "shutdown",
        [](const NoParams&, const Reply& reply) { reply.Succeed(RawJson{}); });
    dispatcher_.OnNotification<NoParams>(
        "exit", [this](const NoParams&) { exited_ = true; });
    dispatcher_.OnRequest<InlineCompletionParams>(
        "textDocument/inlineCompletion",
        [this](const InlineCompletionParams& params, const Reply& reply) {
          asked_.push_back(params.uri);
          replies_.push_back(reply);
        });
    dispatcher_.OnNotification<DidOpenParams>(
        "textDocument/didOpen", [this](const DidOpenParams& params) {
          opened_.push_back(params.uri + " " + params.text);
        });
  }

  // Dispatches and returns what was sent meanwhile.
  std::vector<std::string> Dispatch(std::string_view body) {
    dispatcher_.Dispatch(body);
    return outbox_->Take();
  }

  void Initialize() {
    EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","id":0,"method":"initialize",
                 "params":{"capabilities":{}}})"),
                ElementsAre(HasSubstr(R"("inlineCompletionProvider":{})")));
  }

  static std::string Ask(std::string_view id) {
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) +
           R"(,"method":"textDocument/inlineCompletion","params":{
             "textDocument":{"uri":"file:///a"},
             "position":{"line":1,"character":2},
             "context":{"triggerKind":2}}})";
  }

  static std::string Cancel(std::string_view id) {
    return R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":)" +
           std::string(id) + "}}";
  }

  std::shared_ptr<RecordingOutbox> outbox_ =
      std::make_shared<RecordingOutbox>();
  std::shared_ptr<Client> client_ = std::make_shared<Client>(outbox_);
  std::vector<std::string> log_;
  Dispatcher dispatcher_{outbox_, client_, [this](std::string_view sentence) {
                           log_.emplace_back(sentence);
                         }};
  bool exited_ = false;
  std::vector<std::string> asked_;
  std::vector<Reply> replies_;
  std::vector<std::string> opened_;
};

TEST_F(DispatcherTest, CallsTheHandlerAndSendsItsAnswerLater) {
  Initialize();
  EXPECT_THAT(Dispatch(Ask("1")), IsEmpty());
  ASSERT_THAT(asked_, ElementsAre("file:///a"));
  replies_[0].Succeed(InlineCompletionList{.items = {{.insert_text = "x"}}});
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(
          R"({"jsonrpc":"2.0","id":1,"result":{"items":[{"insertText":"x"}]}})"));
}

TEST_F(DispatcherTest, RefusesRequestsBeforeInitialize) {
  EXPECT_THAT(
      Dispatch(Ask("1")),
      ElementsAre(AllOf(HasSubstr("-32002"), HasSubstr("\"id\":1"),
                        HasSubstr("textDocument/inlineCompletion: expected "
                                  "initialize first"))));
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(DispatcherTest, DropsNotificationsBeforeInitializeExceptExit) {
  EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","method":"textDocument/didOpen"})"),
              IsEmpty());
  EXPECT_THAT(opened_, IsEmpty());
  EXPECT_THAT(log_, IsEmpty());
  Dispatch(R"({"jsonrpc":"2.0","method":"exit"})");
  EXPECT_TRUE(exited_);
  EXPECT_FALSE(dispatcher_.ShutdownRequested());
}

TEST_F(DispatcherTest, InitializesOnce) {
  EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","id":0,"method":"initialize",
                           "params":{"capabilities":5}})"),
              ElementsAre(HasSubstr(
                  "initialize: params.capabilities: expected an object, got "
                  "the number 5")));
  Initialize();  // the failed one does not count
  EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","id":2,"method":"initialize",
                           "params":{"capabilities":{}}})"),
              ElementsAre(AllOf(HasSubstr("-32600"),
                                HasSubstr("is initialized already"))));
}

TEST_F(DispatcherTest, RefusesRequestsAfterShutdown) {
  Initialize();
  EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","id":2,"method":"shutdown"})"),
              ElementsAre(R"({"jsonrpc":"2.0","id":2,"result":null})"));
  EXPECT_TRUE(dispatcher_.ShutdownRequested());
  for (const std::string& body :
       {Ask("3"), std::string(R"({"jsonrpc":"2.0","id":3,"method":"?"})"),
        std::string(R"({"jsonrpc":"2.0","id":3,"method":"initialize"})"),
        std::string(R"({"jsonrpc":"2.0","id":3,"method":"shutdown"})")}) {
    EXPECT_THAT(Dispatch(body),
                ElementsAre(AllOf(HasSubstr("-32600"),
                                  HasSubstr("the server is shut down"))));
  }
  EXPECT_FALSE(exited_);
  Dispatch(R"({"jsonrpc":"2.0","method":"exit"})");
  EXPECT_TRUE(exited_);
}

TEST_F(DispatcherTest, AnswersUnknownRequestsWithMethodNotFound) {
  Initialize();
  EXPECT_THAT(
      Dispatch(R"({"jsonrpc":"2.0","id":"q","method":"textDocument/hover"})"),
      ElementsAre(
          R"({"jsonrpc":"2.0","id":"q","error":{"code":-32601,"message":"textDocument/hover: unknown request"}})"));
  EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","id":1,"method":"$/x"})"),
              ElementsAre(HasSubstr("-32601")));
}

TEST_F(DispatcherTest, IgnoresUnknownNotifications) {
  Initialize();
  EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","method":"$/setTrace"})"),
              IsEmpty());
  EXPECT_THAT(log_, IsEmpty());
  EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","method":"foo"})"), IsEmpty());
  EXPECT_THAT(log_, ElementsAre("foo: unknown notification"));
}

TEST_F(DispatcherTest, NamesTheFieldThatIsWrong) {
  Initialize();
  EXPECT_THAT(
      Dispatch(R"({"jsonrpc":"2.0","id":1,
                   "method":"textDocument/inlineCompletion",
                   "params":{"textDocument":{"uri":"u"},
                             "position":{"line":1,"character":"2"}}})"),
      ElementsAre(AllOf(
          HasSubstr("-32602"),
          HasSubstr("textDocument/inlineCompletion: params.position.character: "
                    "expected an unsigned integer, got a string"))));
  EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","method":"textDocument/didOpen",
                   "params":{"textDocument":{"uri":"u","languageId":"c",
                                             "version":"1","text":""}}})"),
              IsEmpty());
  EXPECT_THAT(log_,
              ElementsAre("textDocument/didOpen: params.textDocument.version: "
                          "expected an integer, got a string"));
}

TEST_F(DispatcherTest, AnswersBrokenMessages) {
  EXPECT_THAT(Dispatch("{"), ElementsAre(AllOf(HasSubstr("\"id\":null"),
                                               HasSubstr("-32700"))));
  EXPECT_THAT(Dispatch("[]"), ElementsAre(HasSubstr("-32600")));
}

TEST_F(DispatcherTest, CancelStopsTheRequestItNames) {
  Initialize();
  Dispatch(Ask("1"));
  Dispatch(Ask("\"1\""));
  EXPECT_THAT(Dispatch(Cancel("\"1\"")), IsEmpty());
  EXPECT_FALSE(replies_[0].stop_token().stop_requested());
  EXPECT_TRUE(replies_[1].stop_token().stop_requested());
  replies_.clear();
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(AllOf(HasSubstr("\"id\":1"), HasSubstr("-32603")),
                  AllOf(HasSubstr("\"id\":\"1\""), HasSubstr("-32800"))));
}

TEST_F(DispatcherTest, IgnoresCancelOfUnknownIds) {
  Initialize();
  for (const std::string_view id : {"99", "\"x\"", "null", "-1"}) {
    EXPECT_THAT(Dispatch(Cancel(id)), IsEmpty());
  }
  EXPECT_THAT(log_, IsEmpty());
  EXPECT_THAT(Dispatch(Cancel("{}")), IsEmpty());
  EXPECT_THAT(log_,
              ElementsAre(HasSubstr("$/cancelRequest: params.id: expected "
                                    "an integer or a string")));
}

TEST_F(DispatcherTest, CancelsAllWhenTheConnectionEnds) {
  Initialize();
  Dispatch(Ask("1"));
  Dispatch(Ask("2"));
  dispatcher_.CancelAll();
  for (const Reply& reply : replies_) {
    EXPECT_TRUE(reply.stop_token().stop_requested());
  }
}

TEST_F(DispatcherTest, RefusesAnIdThatIsInUse) {
  Initialize();
  Dispatch(Ask("1"));
  EXPECT_THAT(Dispatch(Ask("1")), ElementsAre(HasSubstr("-32600")));
  EXPECT_EQ(asked_.size(), 1U);
  replies_[0].Succeed(RawJson{});
  EXPECT_EQ(outbox_->Take().size(), 1U);
  Dispatch(Ask("1"));
  EXPECT_EQ(asked_.size(), 2U);
}

TEST_F(DispatcherTest, RepliesOutliveTheDispatcher) {
  std::optional<Reply> kept;
  {
    Dispatcher dispatcher(outbox_, client_, nullptr);
    dispatcher.OnRequest<NoParams>(
        "initialize",
        [&kept](const NoParams&, const Reply& reply) { kept = reply; });
    dispatcher.Dispatch(R"({"jsonrpc":"2.0","id":1,"method":"initialize"})");
    dispatcher.Dispatch("logged to nobody");
    outbox_->Take();
  }
  kept->Succeed(RawJson{"1"});
  EXPECT_EQ(outbox_->Take().size(), 1U);
}

TEST_F(DispatcherTest, HandsResponsesToTheirCalls) {
  std::vector<std::string> answers;
  const auto keep = [&answers](const Result<RawJson>& answer) {
    answers.push_back(answer ? answer->text : answer.error().message);
  };
  client_->Call("workspace/configuration",
                ConfigurationParams{.sections = {"krait"}}, keep);
  client_->Call("x", RawJson{"{}"}, keep);
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(
          R"({"jsonrpc":"2.0","id":1,"method":"workspace/configuration","params":{"items":[{"section":"krait"}]}})",
          R"({"jsonrpc":"2.0","id":2,"method":"x","params":{}})"));
  dispatcher_.Dispatch(
      R"({"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"no"}})");
  dispatcher_.Dispatch(R"({"jsonrpc":"2.0","id":1,"result":[{"a":true}]})");
  EXPECT_THAT(answers, ElementsAre("no", R"([{"a":true}])"));

  for (const std::string_view id : {"1", "7", "\"1\"", "null"}) {
    EXPECT_THAT(Dispatch(R"({"jsonrpc":"2.0","id":)" + std::string(id) +
                         R"(,"result":0})"),
                IsEmpty());
  }
  EXPECT_THAT(log_, ElementsAre("response to unknown request 1",
                                "response to unknown request 7",
                                "response to unknown request \"1\"",
                                "response to unknown request null"));
}

}  // namespace
}  // namespace krait::lsp
