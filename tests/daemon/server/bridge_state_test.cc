// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/bridge_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::daemon {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Body(const std::string& rest) {
  return R"({"jsonrpc":"2.0",)" + rest + "}";
}

// A session that has begun: utf-8 columns, one document "abc\n".
class BridgeStateTest : public testing::Test {
 protected:
  BridgeStateTest() {
    state_.FromEditor(Body(
        R"("id":1,"method":"initialize","params":{"rootUri":"file:///w",
        "capabilities":{"general":{"positionEncodings":["utf-8"]}}})"));
  }
  void Begin() {
    EXPECT_TRUE(state_.FromDaemon(Body(R"("id":1,"result":{})")));
    state_.FromEditor(Body(R"("method":"initialized","params":{})"));
    state_.FromEditor(
        Body(R"("method":"textDocument/didOpen","params":{"textDocument":
        {"uri":"file:///a","languageId":"c","version":1,"text":"abc\n"}})"));
  }
  void Ask(int id) {
    EXPECT_TRUE(state_.FromEditor(
        Body("\"id\":" + std::to_string(id) + R"(,"method":"m","params":{})")));
  }

  BridgeState state_;
};

TEST_F(BridgeStateTest, ReplaysTheBeginningAndTheDocumentsAsTheyAre) {
  Begin();
  state_.FromEditor(
      Body(R"("method":"textDocument/didChange","params":{"textDocument":
      {"uri":"file:///a","version":7},"contentChanges":[{"text":"\u00e4\"",
      "range":{"start":{"line":0,"character":1},
               "end":{"line":0,"character":2}}}]})"));
  state_.FromEditor(
      Body(R"("method":"textDocument/didOpen","params":{"textDocument":
      {"uri":"file:///b","languageId":"c","version":1,"text":""}})"));
  state_.FromEditor(Body(R"("method":"textDocument/didClose","params":
      {"textDocument":{"uri":"file:///b"}})"));
  state_.FromEditor(Body(
      R"("method":"workspace/didChangeConfiguration","params":{"settings":1})"));
  EXPECT_THAT(state_.Lose(), IsEmpty());
  EXPECT_THAT(
      state_.Replay(),
      ElementsAre(AllOf(HasSubstr("initialize"), HasSubstr("krait-bridge/1"),
                        HasSubstr("file:///w")),
                  HasSubstr("initialized"), HasSubstr("didChangeConfiguration"),
                  AllOf(HasSubstr("didOpen"), HasSubstr("\"version\": 7"),
                        HasSubstr(R"("text": "a)"
                                  "\xC3\xA4"
                                  R"(\"c\n")"))));
  // The editor has had its answer.
  EXPECT_FALSE(state_.FromDaemon(Body(R"("id":"krait-bridge/1","result":{})")));
}

TEST_F(BridgeStateTest, ReplaysWhichFoldersCameAndWent) {
  Begin();
  const auto change = [this](const std::string& event) {
    state_.FromEditor(Body(
        R"("method":"workspace/didChangeWorkspaceFolders","params":{"event":{)" +
        event + "}}"));
  };
  change(R"("added":[{"uri":"file:///x","name":"x"},{"uri":"file:///y"}])");
  change(R"("removed":[{"uri":"file:///y"},{"uri":"file:///w","name":"w"}])");
  EXPECT_THAT(
      state_.Replay(),
      testing::Contains(AllOf(
          HasSubstr("didChangeWorkspaceFolders"),
          HasSubstr(R"("added": [{"uri": "file:///x", "name": "x"}])"),
          HasSubstr(R"("removed": [{"uri": "file:///w", "name": "w"}])"))));
}

TEST_F(BridgeStateTest, AnUnansweredBeginningIsReplayedAsItWas) {
  EXPECT_THAT(state_.Lose(), IsEmpty());
  EXPECT_THAT(state_.Replay(), ElementsAre(HasSubstr("\"id\":1,")));
  EXPECT_TRUE(state_.FromDaemon(Body(R"("id":1,"result":{})")));
}

TEST_F(BridgeStateTest, WaitingRequestsGetAnError) {
  Begin();
  Ask(2);
  Ask(3);
  EXPECT_TRUE(state_.FromDaemon(Body(R"("id":2,"result":null)")));
  EXPECT_THAT(state_.Lose(),
              ElementsAre(AllOf(HasSubstr("\"id\":3"), HasSubstr("-32803"))));
  EXPECT_THAT(state_.Lose(), IsEmpty());
  EXPECT_FALSE(state_.FromDaemon(Body(R"("id":3,"result":null)")));
}

TEST_F(BridgeStateTest, AnswersToADeadDaemonsQuestionsGoNowhere) {
  Begin();
  const auto ask = Body(R"("id":1,"method":"window/workDoneProgress/create")");
  EXPECT_TRUE(state_.FromDaemon(ask));
  (void)state_.Lose();
  EXPECT_TRUE(state_.FromDaemon(ask));  // of the next daemon, the same id
  EXPECT_FALSE(state_.FromEditor(Body(R"("id":1,"result":null)")));
  EXPECT_TRUE(state_.FromEditor(Body(R"("id":1,"result":null)")));
}

TEST_F(BridgeStateTest, WhatADeadDaemonWasAtIsEnded) {
  Begin();
  const auto progress = [this](const std::string& token,
                               const std::string& kind) {
    state_.FromDaemon(Body(R"("method":"$/progress","params":{"token":")" +
                           token + R"(","value":{"kind":")" + kind + "\"}}"));
  };
  progress("a", "begin");
  progress("b", "begin");
  progress("b", "end");
  EXPECT_THAT(state_.Lose(),
              ElementsAre(AllOf(HasSubstr("\"a\""), HasSubstr("\"end\""))));
}

TEST_F(BridgeStateTest, KnowsAGoodbye) {
  Begin();
  EXPECT_FALSE(
      state_.FromDaemon(Body(R"("method":"krait/goodbye","params":null)")));
  EXPECT_TRUE(state_.goodbye());
  (void)state_.Lose();
  EXPECT_FALSE(state_.goodbye());
}

TEST_F(BridgeStateTest, TypingNeedsNoDaemonAndNeitherDoesTheEnd) {
  Begin();
  EXPECT_FALSE(
      state_.NeedsDaemon(Body(R"("method":"textDocument/didChange")")));
  EXPECT_TRUE(state_.NeedsDaemon(Body(R"("id":4,"method":"m")")));
  const auto shutdown = Body(R"("id":5,"method":"shutdown")");
  EXPECT_FALSE(state_.NeedsDaemon(shutdown));
  EXPECT_EQ(state_.AnswerAlone(), std::nullopt);
  state_.FromEditor(shutdown);
  EXPECT_THAT(*state_.AnswerAlone(), HasSubstr("\"id\":5,\"result\":null"));
  EXPECT_EQ(state_.exit_code(), std::nullopt);
  state_.FromEditor(Body(R"("method":"exit")"));
  EXPECT_EQ(state_.exit_code(), 0);
}

TEST_F(BridgeStateTest, ExitWithoutShutdownIsOne) {
  Begin();
  state_.FromEditor(Body(R"("method":"exit")"));
  EXPECT_EQ(state_.exit_code(), 1);
}

TEST_F(BridgeStateTest, SpeaksOnceTheSessionHasBegun) {
  EXPECT_THAT(state_.Tell(lsp::MessageType::kInfo, "one"), IsEmpty());
  EXPECT_THAT(state_.TakeUntold(), IsEmpty());
  Begin();
  EXPECT_THAT(state_.TakeUntold(),
              ElementsAre(AllOf(HasSubstr("logMessage"), HasSubstr("one"))));
  EXPECT_THAT(state_.Tell(lsp::MessageType::kError, "two"),
              ElementsAre(HasSubstr("showMessage")));
}

TEST_F(BridgeStateTest, WhatIsNoMessageIsTheDaemonsToRefuse) {
  EXPECT_TRUE(state_.FromEditor("{"));
  EXPECT_TRUE(state_.NeedsDaemon("{"));
  EXPECT_FALSE(state_.FromDaemon("{"));
  EXPECT_TRUE(state_.FromDaemon(
      Body(R"("id":null,"error":{"code":-32700,"message":"no JSON"})")));
  EXPECT_THAT(state_.Replay(), SizeIs(1));
}

}  // namespace
}  // namespace krait::daemon
