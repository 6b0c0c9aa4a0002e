// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/chat_fact.h"

#include "engine/model/chat_hints.h"
#include "engine/model/model_file.h"
#include "engine/tokenizer/chat_format.h"

namespace krait::daemon {

ChatFact FindChatFact(const std::filesystem::path& model) {
  const auto file = engine::ModelFile::Open(model);
  if (!file) return {.row = {}, .reason = file.error().message};
  const auto tokenizer = (*file)->LoadTokenizer();
  if (!tokenizer) return {.row = {}, .reason = tokenizer.error().message};
  const auto hints = engine::ReadChatHints(model);
  if (!hints) return {.row = {}, .reason = hints.error().message};
  const auto format = engine::ChooseChatFormat(**tokenizer, {}, hints->jinja);
  if (!format) return {.row = {}, .reason = format.error().message};
  return {.row = std::string(format->row().name), .reason = {}};
}

}  // namespace krait::daemon
