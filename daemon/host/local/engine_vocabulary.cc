// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/engine_vocabulary.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/host/local/fim_planner.h"
#include "daemon/host/local/model_summary.h"
#include "daemon/model_lookup.h"
#include "engine/model/chat_hints.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;
using completion::PieceId;
using engine::DummyPrefix;
using engine::TokenId;

int64_t ModifiedAt(const std::filesystem::path& path) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(path, error);
  if (error) return 0;
  // C++20's clock_cast is not in GCC 12.
  const auto ago = std::filesystem::file_time_type::clock::now() - time;
  const auto then = std::chrono::system_clock::now() - ago;
  return std::chrono::duration_cast<std::chrono::seconds>(
             then.time_since_epoch())
      .count();
}

engine::ChatRole RoleOf(completion::ChatRole role) {
  switch (role) {
    case completion::ChatRole::kSystem:
      return engine::ChatRole::kSystem;
    case completion::ChatRole::kAssistant:
      return engine::ChatRole::kAssistant;
    case completion::ChatRole::kUser:
      break;
  }
  return engine::ChatRole::kUser;
}

std::vector<PieceId> PieceIds(const std::vector<TokenId>& ids) {
  return {ids.begin(), ids.end()};
}

}  // namespace

EngineVocabulary::EngineVocabulary(std::shared_ptr<const engine::Model> model)
    : model_(std::move(model)),
      tokenizer_(model_->tokenizer()),
      control_(tokenizer_) {
  ReadFacts();
  ReadChat();
}

void EngineVocabulary::ReadFacts() {
  const engine::Hyperparameters& hparams = model_->hyperparameters();
  const std::filesystem::path& path = model_->file().path();
  const auto written = [this](const std::optional<TokenId>& id) {
    return id ? std::string(tokenizer_.TokenName(*id)) : std::string();
  };
  facts_.name = hparams.name.empty() ? path.stem().string() : hparams.name;
  facts_.path = path.string();
  facts_.architecture = ArchitectureName(hparams.architecture);
  facts_.quantisation = MainTypeName(model_->file().tensors());
  facts_.bytes = ModelBytes(path);
  facts_.parameters = model_->Parameters();
  facts_.vocabulary = tokenizer_.vocab_size();
  facts_.embedding = hparams.d_model;
  // What a recurrent model remembers has no end.
  facts_.context_length =
      hparams.Has(engine::MixerKind::kAttention) ? hparams.context_length : 0;
  facts_.modified = ModifiedAt(path);
  facts_.begin = written(tokenizer_.special().bos);
  facts_.end = written(tokenizer_.special().eos);
  facts_.fills_in = TrainedLayout(tokenizer_) != engine::FimLayout::kEmulated;
}

void EngineVocabulary::ReadChat() {
  const auto hints = engine::ReadChatHints(model_->file().path());
  if (!hints) {
    facts_.no_chat = hints.error().message;
    return;
  }
  facts_.chat_template = hints->jinja.value_or("");
  sampling_ = {.temperature = hints->sampling.temperature,
               .top_k = hints->sampling.top_k,
               .top_p = hints->sampling.top_p,
               .min_p = hints->sampling.min_p,
               .repetition_penalty = hints->sampling.repetition_penalty};
  auto format = engine::ChooseChatFormat(tokenizer_, "", hints->jinja);
  if (format) {
    chat_ = std::move(*format);
  } else {
    facts_.no_chat = format.error().message;
  }
}

std::vector<PieceId> EngineVocabulary::Pieces(
    std::string_view text, completion::PieceRules rules) const {
  std::vector<TokenId> ids;
  const engine::SpecialTokens& special = tokenizer_.special();
  if (rules.begins && special.add_bos && special.bos) {
    ids.push_back(*special.bos);
  }
  DummyPrefix dummy =
      rules.begins ? DummyPrefix::kAsTrained : DummyPrefix::kNone;
  for (size_t at = 0; at < text.size();) {
    const auto control = rules.control ? control_.Find(text, at) : std::nullopt;
    const size_t end = control ? control->begin : text.size();
    if (end > at) tokenizer_.Encode(text.substr(at, end - at), dummy, &ids);
    if (!control) break;
    // A prompt that brings its own beginning gets no other.
    const bool again = ids.size() == 1 && end == 0 && special.bos &&
                       control->id == *special.bos && ids[0] == control->id;
    if (!again) ids.push_back(control->id);
    dummy = DummyPrefix::kAsTrained;
    at = end + control->size;
  }
  return PieceIds(ids);
}

std::string EngineVocabulary::Text(std::span<const PieceId> pieces,
                                   bool control) const {
  if (!control) {
    const std::vector<TokenId> ids(pieces.begin(), pieces.end());
    return tokenizer_.Decode(ids);
  }
  std::string text;
  for (const PieceId piece : pieces) {
    const auto id = static_cast<TokenId>(piece);
    text += tokenizer_.IsControl(id) ? tokenizer_.TokenName(id)
                                     : tokenizer_.TokenBytes(id);
  }
  return text;
}

bool EngineVocabulary::Knows(PieceId piece) const {
  return piece < tokenizer_.vocab_size();
}

base::Result<std::vector<PieceId>> EngineVocabulary::ChatPrompt(
    std::span<const completion::ChatTurn> turns) const {
  if (!chat_) return MakeError(ErrorCode::kUnsupported, facts_.no_chat);
  std::vector<engine::ChatMessage> messages;
  messages.reserve(turns.size());
  for (const completion::ChatTurn& turn : turns) {
    messages.push_back({.role = RoleOf(turn.role), .text = turn.text});
  }
  return PieceIds(chat_->Prompt(messages));
}

}  // namespace krait::daemon
