// SPDX-License-Identifier: Apache-2.0
//
// Each prompt is the whole conversation as token ids, of which the store knows
// the beginning. Answers are decoded on a fork, which is dropped; their tokens
// are read with the next prompt, so that what is kept is bit for bit what a
// cold run has. That costs a prefill of the answer, which Warm does while the
// user types.
#include "daemon/chat/conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/run/generation.h"
#include "engine/tokenizer/stream_decoder.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;
using engine::ChatMessage;
using engine::ChatRole;
using engine::TokenId;

// What a recurrent model remembers has no end.
size_t ContextTokens(const engine::Hyperparameters& hparams) {
  return hparams.Has(engine::MixerKind::kAttention) ? hparams.context_length
                                                    : 0;
}

// Gives an answer's text on without the space or line feeds before it.
class AnswerText {
 public:
  AnswerText(const engine::Tokenizer& tokenizer,
             const Conversation::OnText& on_text)
      : decoder_(tokenizer), on_text_(on_text) {}

  void Push(TokenId token) { Give(decoder_.Push(token)); }
  void Finish() { Give(decoder_.Finish()); }

 private:
  void Give(std::string_view text) {
    if (!begun_) {
      text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    }
    if (text.empty()) return;
    begun_ = true;
    on_text_(text);
  }

  engine::StreamDecoder decoder_;
  const Conversation::OnText& on_text_;
  bool begun_ = false;
};

}  // namespace

Conversation::Conversation(std::shared_ptr<const engine::Model> model,
                           engine::WorkerPool& pool, engine::ChatFormat format,
                           ConversationOptions options)
    : model_(std::move(model)),
      format_(std::move(format)),
      options_(std::move(options)),
      context_tokens_(ContextTokens(model_->hyperparameters())),
      store_(engine::StateNeeds(model_->hyperparameters()),
             options_.state_bytes),
      shared_(model_, pool, store_),
      session_(shared_) {
  Clear();
}

void Conversation::Clear() {
  messages_.clear();
  if (options_.system) {
    messages_.push_back({.role = ChatRole::kSystem, .text = *options_.system});
  }
  turns_ = 0;
  used_tokens_ = 0;
  warming_ = warm_ = false;
}

ChatMessage Conversation::NextMessage(const std::string& question) const {
  return {.role = ChatRole::kUser,
          .text = turns_ == 0 ? options_.context + question : question};
}

base::Result<Answer> Conversation::Ask(const std::string& question,
                                       const OnText& on_text,
                                       const ShouldStop& should_stop) {
  messages_.push_back(NextMessage(question));
  const std::vector<TokenId> prompt = format_.Prompt(messages_);
  warming_ = warm_ = false;
  if (context_tokens_ != 0 && prompt.size() >= context_tokens_) {
    messages_.pop_back();
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("the conversation would have {} tokens with this, and the "
                    "model can have {} before it",
                    prompt.size(), context_tokens_));
  }
  const auto is_read = Read(prompt, should_stop);
  if (!is_read || !*is_read) {
    messages_.pop_back();
    if (!is_read) return is_read.error();
    return Answer{.end = AnswerEnd::kStopped, .read = session_.cost()};
  }
  const size_t left = context_tokens_ == 0 ? options_.max_tokens
                                           : context_tokens_ - prompt.size();
  auto answer =
      Speak(std::min(options_.max_tokens, left), on_text, should_stop);
  if (!answer) {
    messages_.pop_back();
    return answer.error();
  }
  if (answer->end == AnswerEnd::kMaxTokens && left <= options_.max_tokens &&
      context_tokens_ != 0) {
    answer->end = AnswerEnd::kContextFull;
  }
  ++turns_;
  used_tokens_ = prompt.size() + answer->tokens;
  return answer;
}

// Returns false if it was stopped.
base::Result<bool> Conversation::Read(const std::vector<TokenId>& prompt,
                                      const ShouldStop& should_stop) {
  if (auto begun = session_.Begin(prompt, {}); !begun) return begun.error();
  while (!session_.done()) {
    if (should_stop()) return false;
    if (auto run = session_.RunSlice(); !run) return run.error();
  }
  return true;
}

base::Result<Answer> Conversation::Speak(size_t max_tokens,
                                         const OnText& on_text,
                                         const ShouldStop& should_stop) {
  AnswerText text(model_->tokenizer(), on_text);
  bool is_complete = false;
  engine::GenerateOptions options{.sampler = options_.sampler,
                                  .max_tokens = max_tokens,
                                  .ignore_end_of_sequence = true};
  options.sampler.seed += turns_;
  options.on_token = [&](TokenId token, float) {
    is_complete = format_.EndsAnswer(token);
    if (is_complete) return false;
    text.Push(token);
    return !should_stop();
  };
  engine::Generation generation = engine::Generate(session_.Fork(), options);
  if (generation.reason == engine::StopReason::kNotFinite) {
    return MakeError(ErrorCode::kBadFile, "the model's logits are not finite");
  }
  if (is_complete) generation.tokens.pop_back();
  text.Finish();
  Answer answer{.end = is_complete ? AnswerEnd::kComplete
                       : generation.reason == engine::StopReason::kMaxTokens
                           ? AnswerEnd::kMaxTokens
                           : AnswerEnd::kStopped,
                .read = session_.cost(),
                .tokens = generation.tokens.size()};
  messages_.push_back(
      {.role = ChatRole::kAssistant, .tokens = std::move(generation.tokens)});
  return answer;
}

bool Conversation::Warm() {
  if (warm_) return false;
  if (!warming_) {
    messages_.push_back(NextMessage(""));
    const std::vector<TokenId> beginning = format_.Beginning(messages_);
    messages_.pop_back();
    const bool fits =
        context_tokens_ == 0 || beginning.size() < context_tokens_;
    warming_ = fits && !beginning.empty() && session_.Begin(beginning, {});
    if (!warming_) {
      warm_ = true;
      return false;
    }
  }
  // What fails here fails again, and is told, when it is asked for.
  warm_ = !session_.RunSlice() || session_.done();
  return !warm_;
}

}  // namespace krait::daemon
