// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/chat_template.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace krait::engine {
namespace {

std::string NameOf(std::string_view jinja, bool has_inst_token = false) {
  const RecognisedChat chat = RecogniseChatTemplate(jinja, has_inst_token);
  return chat.row == nullptr ? "" : std::string(chat.row->name);
}

TEST(ChatTemplateTest, RowsAreFoundByName) {
  EXPECT_TRUE(std::ranges::is_sorted(ChatTemplates(), {}, &ChatTemplate::name));
  for (const ChatTemplate& row : ChatTemplates()) {
    EXPECT_EQ(FindChatTemplate(row.name), &row);
    EXPECT_NE(ChatTemplateNames().find(row.name), std::string::npos);
  }
  EXPECT_EQ(FindChatTemplate("jinja"), nullptr);
  EXPECT_EQ(FindChatTemplate(""), nullptr);
}

TEST(ChatTemplateTest, TemplatesAreToldByTheirMarks) {
  EXPECT_EQ(NameOf("{{ '<|im_start|>' + role }}{{ '<|im_end|>' }}"), "chatml");
  EXPECT_EQ(NameOf("{{ '<|start_of_role|>' }}{{ '<|end_of_role|>' }}"),
            "granite");
  EXPECT_EQ(NameOf("<|start_header_id|> <|end_header_id|> <|eot_id|>"),
            "llama3");
  EXPECT_EQ(NameOf("<|start_header_id|> <|end_header_id|> <|eot_id|> "
                   "{{- \"Cutting Knowledge Date: December 2023\\n\" }}"),
            "llama3.1");
  const std::string mistral =
      "{{ '[INST] ' + message['content'] + ' [/INST]' }}";
  EXPECT_EQ(NameOf(mistral), "mistral-v1");
  EXPECT_EQ(NameOf(mistral, /*has_inst_token=*/true), "mistral-v3");
  EXPECT_EQ(NameOf("{{ '<|user|>\\n' + message['content'] + eos_token }}"
                   "{{ '<|assistant|>' }}"),
            "zephyr");
}

TEST(ChatTemplateTest, WhatOnlyLooksSimilarIsUnknown) {
  EXPECT_EQ(NameOf(""), "");
  EXPECT_EQ(NameOf("<|im_start|>"), "");
  // Phi-4, Llama 2, Mistral from v7 on, Phi-3.
  EXPECT_EQ(NameOf("<|im_start|>user<|im_sep|>x<|im_end|>"), "");
  EXPECT_EQ(NameOf("[INST] <<SYS>>\\n s \\n<</SYS>> x [/INST]"), "");
  EXPECT_EQ(NameOf("[SYSTEM_PROMPT]s[/SYSTEM_PROMPT][INST]x[/INST]", true), "");
  EXPECT_EQ(NameOf("{{ '<|user|>\\n' + message['content'] + '<|end|>\\n' }}"
                   "<|assistant|>"),
            "");
}

TEST(ChatTemplateTest, TheDefaultSystemTextIsWhatStandsThereAsItIs) {
  const auto text_of = [](std::string_view jinja) {
    return RecogniseChatTemplate(jinja, false).default_system;
  };
  // With tools first, as Qwen2.5's: there the text is computed.
  EXPECT_EQ(text_of("{{- '<|im_start|>system\\n' }}{{ x }}"
                    "{{ '<|im_start|>system\\n' + m + '<|im_end|>\\n' }}"
                    "{{ '<|im_start|>system\\nBe good.\\nAlways."
                    "<|im_end|>\\n' }}"),
            "Be good.\nAlways.");
  EXPECT_EQ(text_of("<|im_start|>system\nBe good.<|im_end|>\n"), "Be good.");
  EXPECT_EQ(text_of("{%- set g4_default_system_message = 'Be safe.' %}"
                    "<|start_of_role|> <|end_of_role|>"),
            "Be safe.");
  EXPECT_EQ(text_of("{{ '<|im_start|>' + m + '<|im_end|>' }}"), std::nullopt);
  EXPECT_EQ(text_of("[INST]<|im_start|>system\nBe good.<|im_end|>[/INST]"),
            "Be good.");
}

}  // namespace
}  // namespace krait::engine
