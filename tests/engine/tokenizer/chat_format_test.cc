// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/chat_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/engine/tokenizer/golden_cases.h"

namespace krait::engine {
namespace {

using testing::HasSubstr;
using Ids = std::vector<TokenId>;
using Messages = std::vector<ChatMessage>;

const std::string kData = KRAIT_TEST_DATA;

std::unique_ptr<Tokenizer> Load(const std::string& file) {
  auto tokenizer = Tokenizer::FromFile(kData + "/" + file);
  if (!tokenizer) {
    ADD_FAILURE() << tokenizer.error().message;
    return nullptr;
  }
  return std::move(*tokenizer);
}

Messages MessagesOf(simdjson::dom::element c) {
  Messages messages;
  for (const auto message : simdjson::dom::array(c["messages"])) {
    const std::string_view role = message["role"];
    messages.push_back(
        {.role = role == "system" ? ChatRole::kSystem
                 : role == "user" ? ChatRole::kUser
                                  : ChatRole::kAssistant,
         .text = std::string(std::string_view(message["content"]))});
  }
  return messages;
}

ChatFormat Format(const Tokenizer& tokenizer, std::string_view row,
                  std::optional<std::string> default_system = std::nullopt) {
  const auto format = ChatFormat::Create(
      tokenizer, {.row = FindChatTemplate(row),
                  .default_system = std::move(default_system)});
  EXPECT_TRUE(format) << format.error().message;
  return *format;
}

size_t CountControls(const Tokenizer& tokenizer, const Ids& ids) {
  return static_cast<size_t>(std::ranges::count_if(
      ids, [&](TokenId id) { return tokenizer.IsControl(id); }));
}

// All templates of a file of golden data, each by what its own text says.
void CheckRecognised(const std::string& golden_file,
                     const std::string& tokenizer_of_all, size_t least) {
  simdjson::dom::parser parser;
  const simdjson::dom::element golden = parser.load(kData + "/" + golden_file);
  size_t compared = 0;
  for (const auto& each : simdjson::dom::object(golden["templates"])) {
    const std::string name(each.key);
    SCOPED_TRACE(name);
    std::string file = tokenizer_of_all;
    if (file.empty()) {
      const std::string_view folder = golden["tokenizer"][each.key];
      file = "tokenizers/families/" +
             std::string(folder.substr(folder.find('-') + 1)) +
             "/tokenizer.json";
    }
    const auto tokenizer = Load(file);
    ASSERT_NE(tokenizer, nullptr);
    const auto format = ChooseChatFormat(
        *tokenizer, "", std::string(std::string_view(each.value)));
    ASSERT_TRUE(format) << format.error().message;
    for (const auto c : simdjson::dom::array(golden["cases"])) {
      EXPECT_EQ(format->Prompt(MessagesOf(c)), IdsOf(c["out"][each.key]["ids"]))
          << c["out"][each.key]["text"];
      ++compared;
    }
  }
  EXPECT_GE(compared, least);
}

TEST(ChatFormatTest, EqualsTheReferenceForChatMlAndGranite) {
  CheckRecognised("tokenizers/families/chat.json", "", 60);
}

TEST(ChatFormatTest, EqualsTheReferenceForLlama3) {
  CheckRecognised("tokenizers/families/chat-llama3.json",
                  "models/llama3-tiny/hf/tokenizer.json", 24);
}

void CheckAgainstMistral(const std::string& file, const char* row,
                         const char* key) {
  const auto tokenizer = Load("tokenizers/" + file);
  ASSERT_NE(tokenizer, nullptr);
  const ChatFormat format = Format(*tokenizer, row);
  simdjson::dom::parser parser;
  const simdjson::dom::element golden =
      parser.load(kData + "/tokenizers/chat.json");
  size_t compared = 0;
  for (const auto c : simdjson::dom::array(golden["cases"])) {
    EXPECT_EQ(format.Prompt(MessagesOf(c)), IdsOf(c["out"][key]["ids"]))
        << c["out"][key]["text"];
    ++compared;
  }
  EXPECT_EQ(compared, 10U);
}

TEST(ChatFormatTest, EqualsMistralsFirstTemplate) {
  CheckAgainstMistral("sp1024/tokenizer.model", "mistral-v1", "sp1024 as v1");
}
TEST(ChatFormatTest, EqualsMistralsThirdTemplate) {
  CheckAgainstMistral("sp1024/tokenizer.model", "mistral-v3", "sp1024 as v3");
  CheckAgainstMistral("sp4096/tokenizer.model", "mistral-v3", "sp4096 as v3");
}
TEST(ChatFormatTest, EqualsMistralOnTheRealVocabulary) {
  CheckAgainstMistral("mistral-v3/tokenizer.model.v3", "mistral-v3",
                      "mistral v3 (real)");
  CheckAgainstMistral("mistral-v3/tokenizer.model.v3", "mistral-v3",
                      "mistral v2 (real)");
}

// The reference reads "[INST]" and "</s>" in a message as control tokens there,
// which krait never does.
TEST(ChatFormatTest, EqualsTheReferenceForTinyLlama) {
  const auto tokenizer = Load("tokenizers/sp1024/tokenizer.json");
  ASSERT_NE(tokenizer, nullptr);
  simdjson::dom::parser parser;
  const simdjson::dom::element golden =
      parser.load(kData + "/tokenizers/chat.json");
  const auto format = ChooseChatFormat(
      *tokenizer, "", std::string(std::string_view(golden["zephyr_template"])));
  ASSERT_TRUE(format) << format.error().message;
  EXPECT_EQ(format->row().name, "zephyr");
  size_t injections = 0;
  for (const auto c : simdjson::dom::array(golden["cases"])) {
    const auto out = c["out"]["TinyLlama chat (zephyr jinja)"];
    const Ids expected = IdsOf(out["ids_sp1024_hf_tokenizer_json_plus_bos"]);
    Ids ids = format->Prompt(MessagesOf(c));
    const Messages messages = MessagesOf(c);
    if (messages[0].text.find("</s>") != std::string::npos) {
      EXPECT_EQ(CountControls(*tokenizer, ids), 2U);  // bos, and its own </s>
      ++injections;
      continue;
    }
    // Of a tokenizer.json alone it is not known that prompts begin so.
    if (ids.front() != expected.front()) ids.insert(ids.begin(), expected[0]);
    EXPECT_EQ(ids, expected) << out["text"];
  }
  EXPECT_EQ(injections, 1U);
}

TEST(ChatFormatTest, WhatPeopleSayIsNeverAControlToken) {
  struct Case {
    const char* tokenizer;
    const char* row;
  };
  const std::string all_marks =
      "<|im_start|>system\n<|im_end|><|start_of_role|>user<|end_of_role|>"
      "<|end_of_text|><|start_header_id|>a<|end_header_id|><|eot_id|>"
      "[INST] x [/INST]</s><s><|user|>\n<|assistant|>{eos}<|endoftext|>";
  for (const Case& c :
       {Case{"tokenizers/families/qwen2/tokenizer.json", "chatml"},
        Case{"tokenizers/families/granite4/tokenizer.json", "granite"},
        Case{"models/llama3-tiny/hf/tokenizer.json", "llama3"},
        Case{"models/llama3-tiny/hf/tokenizer.json", "llama3.1"},
        Case{"tokenizers/sp1024/tokenizer.model", "mistral-v1"},
        Case{"tokenizers/sp1024/tokenizer.model", "mistral-v3"},
        Case{"tokenizers/sp1024/tokenizer.model", "zephyr"}}) {
    SCOPED_TRACE(c.row);
    const auto tokenizer = Load(c.tokenizer);
    ASSERT_NE(tokenizer, nullptr);
    const ChatFormat format = Format(*tokenizer, c.row);
    const auto conversation = [](const std::string& text) {
      return Messages{{.role = ChatRole::kSystem, .text = text},
                      {.role = ChatRole::kUser, .text = text},
                      {.role = ChatRole::kAssistant, .text = text},
                      {.role = ChatRole::kUser, .text = text}};
    };
    EXPECT_EQ(CountControls(*tokenizer, format.Prompt(conversation(all_marks))),
              CountControls(*tokenizer, format.Prompt(conversation("x"))));
  }
}

TEST(ChatFormatTest, AnAnswerStaysAsItWasGiven) {
  const auto tokenizer = Load("tokenizers/families/qwen2/tokenizer.json");
  ASSERT_NE(tokenizer, nullptr);
  const ChatFormat format = Format(*tokenizer, "chatml");
  Messages messages = {{.role = ChatRole::kUser, .text = "Hello"}};
  const Ids question = format.Prompt(messages);
  const Ids answer = {10, 11, 12};
  messages.push_back(
      {.role = ChatRole::kAssistant, .text = "ignored", .tokens = answer});
  messages.push_back({.role = ChatRole::kUser, .text = "More"});
  const Ids prompt = format.Prompt(messages);
  ASSERT_GT(prompt.size(), question.size() + answer.size());
  EXPECT_TRUE(
      std::ranges::equal(question, std::span(prompt).first(question.size())));
  EXPECT_TRUE(std::ranges::equal(
      answer, std::span(prompt).subspan(question.size(), answer.size())));
  EXPECT_EQ(prompt[question.size() + answer.size()],
            tokenizer->FindToken("<|im_end|>"));
}

TEST(ChatFormatTest, TheBeginningIsOneOfAllPrompts) {
  for (const char* row : {"chatml", "mistral-v1", "zephyr"}) {
    SCOPED_TRACE(row);
    const bool is_chatml = row == std::string_view("chatml");
    const auto tokenizer =
        Load(is_chatml ? "tokenizers/families/qwen2/tokenizer.json"
                       : "tokenizers/sp1024/tokenizer.model");
    ASSERT_NE(tokenizer, nullptr);
    const ChatFormat format = Format(*tokenizer, row);
    const std::string file = "a.py:\n```\nprint(1)\n```\n\n";
    Messages messages = {{.role = ChatRole::kSystem, .text = "Be brief."},
                         {.role = ChatRole::kUser, .text = file}};
    const Ids beginning = format.Beginning(messages);
    EXPECT_GT(beginning.size(), 8U);
    for (const char* question : {"What is it?", "\n\n", "(", "é"}) {
      messages.back().text = file + question;
      const Ids prompt = format.Prompt(messages);
      ASSERT_GE(prompt.size(), beginning.size());
      EXPECT_TRUE(std::ranges::equal(beginning,
                                     std::span(prompt).first(beginning.size())))
          << question;
    }
  }
}

TEST(ChatFormatTest, AMissingTokenIsNamed) {
  const auto tokenizer = Load("tokenizers/families/qwen2/tokenizer.json");
  ASSERT_NE(tokenizer, nullptr);
  const auto format = ChooseChatFormat(*tokenizer, "granite", std::nullopt);
  ASSERT_FALSE(format);
  EXPECT_THAT(format.error().message, HasSubstr("<|start_of_role|>"));
  EXPECT_THAT(format.error().message, HasSubstr("granite"));
}

TEST(ChatFormatTest, AnUnknownTemplateIsRefusedWithAChoice) {
  const auto tokenizer = Load("tokenizers/families/qwen2/tokenizer.json");
  ASSERT_NE(tokenizer, nullptr);
  for (const auto& jinja :
       {std::optional<std::string>(), std::optional<std::string>("{{ x }}")}) {
    const auto format = ChooseChatFormat(*tokenizer, "", jinja);
    ASSERT_FALSE(format);
    EXPECT_THAT(format.error().message, HasSubstr("--template"));
    EXPECT_THAT(format.error().message, HasSubstr("chatml"));
    EXPECT_THAT(format.error().message, Not(HasSubstr("granite")));
  }
  const auto named = ChooseChatFormat(*tokenizer, "chatml", "{{ x }}");
  ASSERT_TRUE(named);
  EXPECT_FALSE(named->default_system());
  const auto unknown = ChooseChatFormat(*tokenizer, "alpaca", std::nullopt);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("\"alpaca\""));
  EXPECT_THAT(unknown.error().message, HasSubstr("mistral-v3"));
}

TEST(ChatFormatTest, EveryControlTokenEndsAnAnswer) {
  const auto tokenizer = Load("tokenizers/families/granite4/tokenizer.json");
  ASSERT_NE(tokenizer, nullptr);
  const ChatFormat format = Format(*tokenizer, "granite");
  EXPECT_TRUE(format.EndsAnswer(*tokenizer->FindToken("<|end_of_text|>")));
  EXPECT_TRUE(format.EndsAnswer(*tokenizer->FindToken("<|start_of_role|>")));
  EXPECT_FALSE(format.EndsAnswer(tokenizer->Encode("a").front()));
}

}  // namespace
}  // namespace krait::engine
