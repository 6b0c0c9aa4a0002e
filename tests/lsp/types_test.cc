// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lsp/acceptance_types.h"
#include "lsp/basic_types.h"
#include "lsp/completion_types.h"
#include "lsp/document_types.h"
#include "lsp/lifecycle_types.h"
#include "lsp/message.h"

namespace krait::lsp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class Params>
base::Result<Params> Parse(std::string_view params) {
  MessageParser parser;
  const Message message =
      parser.Parse(NotificationText("m", RawJson{std::string(params)}));
  EXPECT_EQ(message.kind, Message::Kind::kNotification) << params;
  Params out;
  if (auto read = FromJson(*message.payload, &out); !read) {
    return read.error();
  }
  return out;
}

// Returns the message of the error, or "" if there is none.
template <class Params>
std::string ErrorOf(std::string_view params) {
  const base::Result<Params> parsed = Parse<Params>(params);
  return parsed ? "" : parsed.error().message;
}

TEST(TypesTest, ReadsInitialize) {
  const auto params = Parse<InitializeParams>(R"({
      "processId": 42,
      "clientInfo": {"name": "Neovim", "version": "0.12"},
      "rootUri": "file:///old",
      "capabilities": {
        "general": {"positionEncodings": ["utf-32", "utf-8"]},
        "textDocument": {"inlineCompletion": {"dynamicRegistration": false}},
        "window": {"workDoneProgress": true, "showMessage": {}},
        "workspace": {"configuration": true, "workspaceFolders": true}},
      "initializationOptions": {"model": "x"},
      "workspaceFolders": [{"uri": "file:///w", "name": "w"}]})");
  ASSERT_TRUE(params);
  EXPECT_EQ(params->process_id, 42);
  EXPECT_EQ(params->client_info->name, "Neovim");
  EXPECT_EQ(params->client_info->version, "0.12");
  ASSERT_EQ(params->workspace_folders.size(), 1U);
  EXPECT_EQ(params->workspace_folders[0].uri, "file:///w");
  EXPECT_THAT(params->capabilities.position_encodings,
              ElementsAre("utf-32", "utf-8"));
  EXPECT_TRUE(params->capabilities.inline_completion);
  EXPECT_TRUE(params->capabilities.work_done_progress);
  EXPECT_TRUE(params->capabilities.configuration);
  EXPECT_TRUE(params->capabilities.workspace_folders);
  EXPECT_EQ(params->initialization_options->text, R"({"model":"x"})");
}

TEST(TypesTest, InitializeNeedsOnlyCapabilities) {
  const auto least = Parse<InitializeParams>(R"({"capabilities":{}})");
  ASSERT_TRUE(least);
  EXPECT_FALSE(least->client_info);
  EXPECT_FALSE(least->process_id);
  EXPECT_THAT(least->workspace_folders, IsEmpty());
  EXPECT_FALSE(least->capabilities.inline_completion);
  EXPECT_FALSE(least->initialization_options);

  const auto nulls = Parse<InitializeParams>(
      R"({"processId":null,"clientInfo":null,"rootUri":null,
          "workspaceFolders":null,"initializationOptions":null,
          "capabilities":{"general":null,"workspace":{"configuration":null}}})");
  EXPECT_TRUE(nulls);

  const auto root =
      Parse<InitializeParams>(R"({"rootUri":"file:///r","capabilities":{}})");
  ASSERT_TRUE(root);
  ASSERT_EQ(root->workspace_folders.size(), 1U);
  EXPECT_EQ(root->workspace_folders[0].uri, "file:///r");
}

TEST(TypesTest, TakesTheEmptyTableOfLuaForAnObject) {
  EXPECT_TRUE(Parse<InitializeParams>(R"({"capabilities":[]})"));
  const auto inner = Parse<InitializeParams>(
      R"({"capabilities":{"textDocument":{"inlineCompletion":[]}}})");
  ASSERT_TRUE(inner);
  EXPECT_TRUE(inner->capabilities.inline_completion);
  EXPECT_EQ(ErrorOf<InitializeParams>(R"({"capabilities":[1]})"),
            ".capabilities: expected an object, got an array");
}

TEST(TypesTest, ReadsDocumentNotifications) {
  const auto open = Parse<DidOpenParams>(
      R"({"textDocument":{"uri":"u","languageId":"c","version":-3,
                          "text":"a\u0000\ud83d\ude00"}})");
  ASSERT_TRUE(open);
  EXPECT_EQ(open->language_id, "c");
  EXPECT_EQ(open->version, -3);
  EXPECT_EQ(open->text, std::string("a\0\U0001F600", 6));

  const auto change = Parse<DidChangeParams>(
      R"({"textDocument":{"uri":"u","version":4},"contentChanges":[
          {"range":{"start":{"line":1,"character":2},
                    "end":{"line":3,"character":4}},
           "rangeLength":9,"text":"t"},
          {"text":"whole"}]})");
  ASSERT_TRUE(change);
  EXPECT_EQ(change->version, 4);
  ASSERT_EQ(change->changes.size(), 2U);
  EXPECT_EQ(change->changes[0].range, (Range{.start = {1, 2}, .end = {3, 4}}));
  EXPECT_FALSE(change->changes[1].range);

  const auto old = Parse<DidChangeParams>(
      R"({"textDocument":{"uri":"u","version":null},"contentChanges":[]})");
  ASSERT_TRUE(old);
  EXPECT_FALSE(old->version);

  EXPECT_EQ(Parse<DidCloseParams>(R"({"textDocument":{"uri":"u"}})")->uri, "u");
  EXPECT_EQ(
      Parse<DidSaveParams>(R"({"textDocument":{"uri":"u"},"text":""})")->uri,
      "u");
}

TEST(TypesTest, ReadsInlineCompletion) {
  const auto params = Parse<InlineCompletionParams>(
      R"({"textDocument":{"uri":"u","version":5},
          "position":{"line":7,"character":8},
          "context":{"triggerKind":1,"selectedCompletionInfo":{
            "range":{"start":{"line":7,"character":1},
                     "end":{"line":7,"character":8}},
            "text":"print"}},
          "formattingOptions":{"tabSize":4}})");
  ASSERT_TRUE(params);
  EXPECT_EQ(params->version, 5);
  EXPECT_EQ(params->position, (Position{7, 8}));
  EXPECT_EQ(params->trigger_kind, InlineTriggerKind::kInvoked);
  ASSERT_TRUE(params->selected);
  EXPECT_EQ(params->selected->text, "print");
  EXPECT_EQ(params->selected->range.start, (Position{7, 1}));

  const auto least = Parse<InlineCompletionParams>(
      R"({"textDocument":{"uri":"u"},"position":{"line":0,"character":0}})");
  ASSERT_TRUE(least);
  EXPECT_EQ(least->trigger_kind, InlineTriggerKind::kAutomatic);
  EXPECT_FALSE(least->version);
  EXPECT_FALSE(least->selected);
}

TEST(TypesTest, ReadsCompletion) {
  const auto params = Parse<CompletionParams>(
      R"({"textDocument":{"uri":"u"},"position":{"line":0,"character":1.0},
          "context":{"triggerKind":2,"triggerCharacter":"."}})");
  ASSERT_TRUE(params);
  EXPECT_EQ(params->position.character, 1U);
  EXPECT_EQ(params->trigger_kind, CompletionTriggerKind::kTriggerCharacter);
  EXPECT_EQ(params->trigger_character, ".");
}

TEST(TypesTest, ReadsQuestionsThatGoOn) {
  const auto asked = Parse<AskParams>(R"({"question": "why?", "earlier": [
      {"question": "where?", "answer": "there"}]})");
  ASSERT_TRUE(asked);
  ASSERT_EQ(asked->earlier.size(), 1);
  EXPECT_EQ(asked->earlier[0].question, "where?");
  EXPECT_EQ(asked->earlier[0].answer, "there");
  EXPECT_THAT(Parse<AskParams>(R"({"question": "why?"})")->earlier, IsEmpty());
  EXPECT_THAT(
      ErrorOf<AskParams>(
          R"({"question": "why?", "earlier": [{"question": "where?"}]})"),
      HasSubstr("answer"));
}

TEST(TypesTest, ReadsTheOthers) {
  EXPECT_EQ(Parse<CancelParams>(R"({"id":"a"})")->id, RequestId("a"));
  EXPECT_EQ(Parse<DidChangeConfigurationParams>(R"({"settings":{"a":[1]}})")
                ->settings.text,
            R"({"a":[1]})");
  EXPECT_EQ(Parse<DidChangeConfigurationParams>("{}")->settings.text, "null");
  EXPECT_EQ(Parse<ExplainParams>(R"({"textDocument":{"uri":"u"}})")->uri, "u");
  const auto command =
      Parse<ExecuteCommandParams>(R"({"command":"c","arguments":[1,"x",{}]})");
  ASSERT_TRUE(command);
  ASSERT_EQ(command->arguments.size(), 3U);
  EXPECT_EQ(command->arguments[1].text, "\"x\"");
  EXPECT_THAT(Parse<ExecuteCommandParams>(R"({"command":"c"})")->arguments,
              IsEmpty());
}

TEST(TypesTest, NumbersBeyondTheRangeAreItsEnds) {
  const auto change = Parse<DidChangeParams>(
      R"({"textDocument":{"uri":"u","version":1732800000000},"contentChanges":[
          {"text":"","range":{"start":{"line":-1,"character":-2147483649},
           "end":{"line":9007199254740991,
                  "character":1.7976931348623157e+308}}}]})");
  ASSERT_TRUE(change);
  EXPECT_EQ(change->version, 2147483647);
  ASSERT_EQ(change->changes.size(), 1U);
  EXPECT_EQ(change->changes[0].range->start, (Position{0, 0}));
  EXPECT_EQ(change->changes[0].range->end, (Position{4294967295, 4294967295}));
}

TEST(TypesTest, NamesTheFieldAndWhatWasExpected) {
  EXPECT_EQ(ErrorOf<DidOpenParams>("[1]"),
            ": expected an object, got an array");
  EXPECT_EQ(ErrorOf<DidOpenParams>("null"),
            ": expected an object, got nothing");
  EXPECT_EQ(ErrorOf<DidOpenParams>("{}"),
            ".textDocument: expected an object, got nothing");
  EXPECT_EQ(ErrorOf<DidOpenParams>(R"({"textDocument":{"uri":true}})"),
            ".textDocument.uri: expected a string, got a boolean");
  EXPECT_EQ(ErrorOf<DidOpenParams>(
                R"({"textDocument":{"uri":"","languageId":"","version":1.5}})"),
            ".textDocument.version: expected an integer, got the number 1.5");
  EXPECT_EQ(ErrorOf<DidChangeParams>(
                R"({"textDocument":{"uri":""},"contentChanges":{}})"),
            ".contentChanges: expected an array, got an object");
  EXPECT_EQ(
      ErrorOf<DidChangeParams>(
          R"({"textDocument":{"uri":""},"contentChanges":[{"text":""},
              {"range":{"start":{"line":0,"character":"1"}},"text":""}]})"),
      ".contentChanges[1].range.start.character: expected an unsigned integer, "
      "got a string");
  EXPECT_EQ(ErrorOf<InlineCompletionParams>(
                R"({"textDocument":{"uri":""},
                    "position":{"line":0,"character":0},
                    "context":{"triggerKind":0}})"),
            ".context.triggerKind: expected an integer from 1, got the number "
            "0");
  EXPECT_EQ(ErrorOf<CancelParams>(R"({"id":true})"),
            ".id: expected an integer or a string, got a boolean");
  EXPECT_EQ(
      ErrorOf<InitializeParams>(
          R"({"capabilities":{"general":{"positionEncodings":[1]}}})"),
      ".capabilities.general.positionEncodings[0]: expected a string, got "
      "the number 1");
}

TEST(TypesTest, WritesInitializeResult) {
  EXPECT_EQ(
      ToJson(InitializeResult{.server_name = "krait",
                              .server_version = "0.1",
                              .position_encoding = PositionEncoding::kUtf8,
                              .inline_completion = true,
                              .completion = true,
                              .completion_trigger_characters = {"."},
                              .commands = {"krait.accept"}})
          .text,
      R"({"capabilities":{"positionEncoding":"utf-8",)"
      R"("textDocumentSync":{"openClose":true,"change":2,"save":true},)"
      R"("workspace":{"workspaceFolders":{"supported":true,)"
      R"("changeNotifications":true}},)"
      R"("inlineCompletionProvider":{},)"
      R"("completionProvider":{"triggerCharacters":["."]},)"
      R"("executeCommandProvider":{"commands":["krait.accept"]}},)"
      R"("serverInfo":{"name":"krait","version":"0.1"}})");
  EXPECT_THAT(ToJson(InitializeResult{}).text,
              AllOf(HasSubstr("utf-16"), Not(HasSubstr("Provider"))));
}

TEST(TypesTest, WritesInlineCompletions) {
  const InlineCompletionList list{
      .items = {{.insert_text = "a\n\"b\" \U0001F600\xF0",
                 .filter_text = "",
                 .range = Range{.start = {1, 2}, .end = {1, 4}},
                 .command = Command{
                     .title = "t",
                     .command = "krait.accept",
                     .arguments = {RawJson{"[1,{}]"}, RawJson{"broken"}}}}}};
  EXPECT_EQ(ToJson(list).text,
            R"({"items":[{"insertText":"a\n\"b\" )"
            "\U0001F600\uFFFD"
            R"(","filterText":"",)"
            R"("range":{"start":{"line":1,"character":2},)"
            R"("end":{"line":1,"character":4}},)"
            R"("command":{"title":"t","command":"krait.accept",)"
            R"("arguments":[[1,{}],null]}}]})");
  EXPECT_EQ(ToJson(InlineCompletionList{}).text, R"({"items":[]})");
}

TEST(TypesTest, WritesCompletions) {
  const CompletionList list{
      .is_incomplete = true,
      .items = {{.label = "a", .insert_text = "ab"},
                {.label = "b",
                 .detail = "d",
                 .sort_text = "0",
                 .filter_text = "f",
                 .insert_text = "bc",
                 .range = Range{.start = {0, 1}, .end = {0, 2}},
                 .preselect = true}}};
  EXPECT_EQ(ToJson(list).text,
            R"({"isIncomplete":true,"items":[)"
            R"({"label":"a","kind":1,"insertText":"ab"},)"
            R"({"label":"b","kind":1,"detail":"d","sortText":"0",)"
            R"("filterText":"f","textEdit":{"range":)"
            R"({"start":{"line":0,"character":1},)"
            R"("end":{"line":0,"character":2}},"newText":"bc"},)"
            R"("preselect":true}]})");
}

TEST(TypesTest, SplitsArrays) {
  const auto items = SplitArray(RawJson{R"([null,{"a":1},"x"])"});
  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), 3U);
  EXPECT_EQ((*items)[1].text, R"({"a":1})");
  EXPECT_FALSE(SplitArray(RawJson{"{}"}));
  EXPECT_FALSE(SplitArray(RawJson{"["}));
}

TEST(TypesTest, ReadsWhatClientsReport) {
  const auto shown = Parse<DidShowCompletionParams>(
      R"({"item":{"insertText":"x","command":{"arguments":["7"]}}})");
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->id, "7");
  const auto part = Parse<DidPartiallyAcceptParams>(
      R"({"item":{"command":{"arguments":["8"]}},"acceptedLength":3})");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->id, "8");
  EXPECT_EQ(part->accepted_length, 3U);
  EXPECT_THAT(ErrorOf<DidShowCompletionParams>(R"({"item":{}})"),
              HasSubstr(".item.command: expected an object"));
  EXPECT_THAT(ErrorOf<DidShowCompletionParams>(
                  R"({"item":{"command":{"arguments":[]}}})"),
              HasSubstr("arguments: expected the suggestion's id"));
}

TEST(TypesTest, FocusMayBeElsewhere) {
  EXPECT_EQ(Parse<DidFocusParams>("{}")->uri, std::nullopt);
  const auto focus = Parse<DidFocusParams>(
      R"({"textDocument":{"uri":"u"},"position":{"line":1,"character":2}})");
  ASSERT_TRUE(focus);
  EXPECT_EQ(focus->uri, "u");
  EXPECT_EQ(focus->position->line, 1U);
}

TEST(TypesTest, AnIntroductionIsOneOfTwoNames) {
  const auto introduced = [](std::string_view options) {
    return Parse<InitializeParams>(R"({"capabilities":{},)"
                                   R"("initializationOptions":)" +
                                   std::string(options) + "}")
        ->introduced;
  };
  EXPECT_TRUE(introduced(R"({"editorInfo":{"name":"e"}})"));
  EXPECT_TRUE(introduced(R"({"editorPluginInfo":{}})"));
  EXPECT_FALSE(introduced("{}"));
  EXPECT_FALSE(introduced("null"));
  EXPECT_FALSE(introduced("[]"));
}

TEST(TypesTest, ReadsFolderChanges) {
  const auto change = Parse<DidChangeWorkspaceFoldersParams>(
      R"({"event":{"added":[{"uri":"a"}],"removed":[{"uri":"b","name":"n"}]}})");
  ASSERT_TRUE(change);
  EXPECT_EQ(change->added[0].uri, "a");
  EXPECT_EQ(change->removed[0].uri, "b");
}

TEST(TypesTest, WritesStatusAndRegistrations) {
  EXPECT_EQ(
      ToJson(DidChangeStatusParams{.busy = true,
                                   .kind = StatusKind::kInactive,
                                   .message = "off",
                                   .krait = {R"({"a":1})"}})
          .text,
      R"({"busy":true,"kind":"Inactive","message":"off","krait":{"a":1}})");
  EXPECT_EQ(
      ToJson(RegistrationParams{
                 .id = "i", .method = "m", .options = {R"({"section":"s"})"}})
          .text,
      R"({"registrations":[{"id":"i","method":"m",)"
      R"("registerOptions":{"section":"s"}}]})");
}

}  // namespace
}  // namespace krait::lsp
