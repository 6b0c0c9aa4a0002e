// SPDX-License-Identifier: Apache-2.0
#include "daemon/bridge/bridge_state.h"

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

TEST_F(BridgeStateTest, TheAnswerToABrokenRequestReachesTheEditor) {
  Begin();
  for (const char* broken :
       {R"({"id":14,"method":"m","params":{}})",
        R"({"jsonrpc":"1.0","id":14,"method":"m"})",
        R"({"jsonrpc":"2.0","id":14,"method":"m","params":5})",
        R"({"jsonrpc":"2.0","id":14,"method":3})",
        R"({"jsonrpc":"2.0","id":14,"params":{}})"}) {
    EXPECT_TRUE(state_.FromEditor(broken));
    const auto answer =
        Body(R"("id":14,"error":{"code":-32600,"message":"jsonrpc"})");
    EXPECT_TRUE(state_.FromDaemon(answer)) << broken;
    EXPECT_FALSE(state_.FromDaemon(answer)) << broken;
  }
}

TEST_F(BridgeStateTest, TwoRequestsWithOneIdHaveTwoAnswers) {
  Begin();
  Ask(5);
  Ask(5);
  EXPECT_TRUE(state_.FromDaemon(Body(R"("id":5,"error":{"code":-32600})")));
  EXPECT_TRUE(state_.FromDaemon(Body(R"("id":5,"result":null)")));
  EXPECT_FALSE(state_.FromDaemon(Body(R"("id":5,"result":null)")));
}

TEST_F(BridgeStateTest, AnUndefinedResultIsAnAnswer) {
  Begin();
  Ask(1);
  EXPECT_TRUE(state_.FromDaemon(Body(R"("id":1,"method":"m","params":{})")));
  EXPECT_TRUE(state_.FromEditor(R"({"jsonrpc":"2.0","id":1})"));
  // It was none to be answered, so this is of the editor's own request.
  EXPECT_TRUE(state_.FromDaemon(Body(R"("id":1,"result":7)")));
}

TEST_F(BridgeStateTest, ReplaysTheSettingsThatTheEditorAnswered) {
  Begin();
  const auto ask =
      Body(R"("id":9,"method":"workspace/configuration","params":{})");
  state_.FromDaemon(ask);
  state_.FromEditor(
      Body(R"("id":9,"result":[{"completion":{"enabled":false}}])"));
  (void)state_.Lose();
  const auto kept = AllOf(HasSubstr("krait/keptSettings"),
                          HasSubstr(R"([{"completion":{"enabled":false}}])"));
  auto replay = state_.Replay();
  ASSERT_THAT(replay, SizeIs(4));
  EXPECT_THAT(replay[2], kept);  // before any document
  // "Something changed" brings nothing new, what is pushed does.
  const auto push = [this](const std::string& settings) {
    state_.FromEditor(
        Body(R"("method":"workspace/didChangeConfiguration","params":
        {"settings":)" +
             settings + "}"));
  };
  push("null");
  EXPECT_THAT(state_.Replay(), testing::Contains(kept));
  push("{}");
  EXPECT_THAT(state_.Replay(), testing::Not(testing::Contains(kept)));
  // An editor without settings has answered, too.
  state_.FromDaemon(ask);
  state_.FromEditor(Body(R"("id":9,"error":{"code":-32601,"message":""})"));
  EXPECT_THAT(state_.Replay(),
              testing::Contains(AllOf(HasSubstr("krait/keptSettings"),
                                      HasSubstr("\"params\":null"))));
}

TEST_F(BridgeStateTest, WhatCannotBeReadIsNotReplayedAsItWas) {
  Begin();
  for (const std::string& broken :
       {Body(R"("method":"textDocument/didChange","params":{"textDocument":
          {"uri":"file:///a","version":2},"contentChanges":[{"text":"\x"}]})"),
        Body(R"("method":"textDocument/didChange","params":{"textDocument":
          {"uri":"file:///a","version":2},"contentChanges":{"text":""}})"),
        Body(R"("method":"textDocument/didChange","params":{"textDocument":
          {"version":2},"contentChanges":[]})"),
        std::string(R"({"method":"textDocument/didChange","params":
          {"textDocument":{"uri":"file:///a","version":2}}})")}) {
    EXPECT_TRUE(state_.FromEditor(broken));
    (void)state_.Lose();
    const auto replay = state_.Replay();
    EXPECT_THAT(replay.back(),
                AllOf(HasSubstr("krait/lostDocument"), HasSubstr("file:///a"),
                      HasSubstr(R"("languageId":"c")")))
        << broken;
    EXPECT_THAT(replay, testing::Not(testing::Contains(HasSubstr("didOpen"))));
    // A full text brings it back.
    state_.FromEditor(
        Body(R"("method":"textDocument/didChange","params":{"textDocument":
        {"uri":"file:///a","version":3},"contentChanges":[{"text":"new"}]})"));
    EXPECT_THAT(state_.Replay().back(), HasSubstr(R"("text": "new")"));
  }
}

TEST_F(BridgeStateTest, AHalfSurrogateIsReplayedAsItsReplacement) {
  Begin();
  state_.FromEditor(
      Body(R"("method":"textDocument/didChange","params":{"textDocument":
      {"uri":"file:///a","version":2},"contentChanges":[{"text":"# \ud83d"}]})"));
  EXPECT_THAT(state_.Replay().back(),
              HasSubstr("\"text\": \"# \xEF\xBF\xBD\""));
}

TEST_F(BridgeStateTest, WhatIsTooLargeIsAnsweredAndLost) {
  Begin();
  lsp::Glimpse request{.id = lsp::RequestId(int64_t{8}),
                       .method = "m",
                       .bytes = size_t{65} << 20};
  auto instead = state_.TooLarge(request);
  EXPECT_THAT(instead.to_daemon, IsEmpty());
  EXPECT_THAT(instead.to_editor,
              ElementsAre(AllOf(HasSubstr("\"id\":8"), HasSubstr("-32803"))));
  lsp::Glimpse open{.method = "textDocument/didOpen",
                    .uri = "file:///big",
                    .language_id = "log",
                    .bytes = size_t{70} << 20};
  instead = state_.TooLarge(open);
  EXPECT_THAT(instead.to_editor, IsEmpty());
  EXPECT_THAT(instead.to_daemon,
              ElementsAre(AllOf(HasSubstr("krait/lostDocument"),
                                HasSubstr("file:///big"),
                                HasSubstr("expected at most 67108864"))));
  EXPECT_THAT(state_.Replay(),
              testing::Contains(AllOf(HasSubstr("krait/lostDocument"),
                                      HasSubstr("file:///big"))));
  EXPECT_THAT(state_.Replay(), testing::Contains(HasSubstr("file:///a")));
}

TEST_F(BridgeStateTest, KnowsTheEditorsProcess) {
  BridgeState state;
  EXPECT_EQ(state.editor_process(), std::nullopt);
  state.FromEditor(Body(R"("id":1,"method":"initialize","params":
      {"processId":4711,"capabilities":{}})"));
  EXPECT_EQ(state.editor_process(), 4711);
}

}  // namespace
}  // namespace krait::daemon
