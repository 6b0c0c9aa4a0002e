// SPDX-License-Identifier: Apache-2.0
// Any text as a chat template, as tokenizer_config.json and
// generation_config.json, as lines that somebody types, and as what people say:
// which never becomes a control token.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/chat/message_lines.h"
#include "engine/model/chat_hints.h"
#include "engine/tokenizer/chat_format.h"

namespace {

using krait::engine::ChatMessage;
using krait::engine::ChatRole;
using krait::engine::TokenId;
using krait::engine::Tokenizer;

std::unique_ptr<Tokenizer> Load(const char* file) {
  auto tokenizer =
      Tokenizer::FromFile(std::string(KRAIT_TEST_DATA) + "/" + file);
  if (!tokenizer) std::abort();
  return std::move(*tokenizer);
}

const Tokenizer& Granite() {
  static const auto tokenizer =
      Load("tokenizers/families/granite4/tokenizer.json");
  return *tokenizer;
}
const Tokenizer& Mistral() {
  static const auto tokenizer = Load("tokenizers/sp512/tokenizer.model");
  return *tokenizer;
}

size_t CountControls(const Tokenizer& tokenizer,
                     const std::vector<TokenId>& ids) {
  return static_cast<size_t>(std::ranges::count_if(
      ids, [&](TokenId id) { return tokenizer.IsControl(id); }));
}

std::vector<ChatMessage> Conversation(std::string_view text) {
  const std::string said(text);
  return {{.role = ChatRole::kSystem, .text = said},
          {.role = ChatRole::kUser, .text = said},
          {.role = ChatRole::kAssistant, .text = said},
          {.role = ChatRole::kUser, .text = said}};
}

void CheckRow(const Tokenizer& tokenizer,
              const krait::engine::ChatTemplate& row, std::string_view text) {
  const auto format = krait::engine::ChatFormat::Create(
      tokenizer, {.row = &row, .default_system = {}});
  if (!format) return;
  const auto prompt = format->Prompt(Conversation(text));
  if (CountControls(tokenizer, prompt) !=
      CountControls(tokenizer, format->Prompt(Conversation("x")))) {
    std::abort();
  }
  if (format->Beginning(Conversation(text)).size() > prompt.size()) {
    std::abort();
  }
}

void CheckLines(std::string_view text) {
  krait::daemon::MessageLines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (lines.Add(text.substr(0, end)) == lines.begun()) std::abort();
    if (!lines.begun() && lines.Take().find('\x1b') != std::string::npos) {
      std::abort();
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool has_inst_token : {false, true}) {
    const auto chat =
        krait::engine::RecogniseChatTemplate(text, has_inst_token);
    if (chat.row == nullptr && chat.default_system) std::abort();
  }
  (void)krait::engine::ParseChatTemplate(text, "fuzz.json");
  (void)krait::engine::ParseGenerationConfig(text, "fuzz.json");
  CheckLines(text);
  for (const auto& row : krait::engine::ChatTemplates()) {
    CheckRow(Granite(), row, text);
    CheckRow(Mistral(), row, text);
  }
  return 0;
}
