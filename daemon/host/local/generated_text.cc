// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/generated_text.h"

#include <algorithm>

namespace krait::daemon {
namespace {

uint64_t ContextOf(const completion::GeneratorPrompt& prompt) {
  return prompt.context == nullptr ? 0 : prompt.context->fingerprint();
}

}  // namespace

void GeneratedText::Begin(const completion::GeneratorPrompt& prompt,
                          bool greedy, uint64_t reminded_of) {
  valid_ = greedy;
  document_ = prompt.document;
  path_ = prompt.path;
  prefix_ = prompt.prefix;
  suffix_ = prompt.suffix;
  context_ = ContextOf(prompt);
  reminded_of_ = reminded_of;
  text_.clear();
  tokens_.clear();
}

void GeneratedText::Add(engine::TokenId token, std::string_view bytes,
                        float logprob) {
  text_ += bytes;
  tokens_.push_back({token, std::string(bytes), logprob});
}

std::optional<size_t> GeneratedText::TypedOf(
    const completion::GeneratorPrompt& prompt, bool greedy,
    uint64_t reminded_of) const {
  const bool same_place = prompt.document == document_ &&
                          prompt.path == path_ && prompt.suffix == suffix_ &&
                          ContextOf(prompt) == context_;
  if (!valid_ || !greedy || !same_place || reminded_of != reminded_of_ ||
      !prompt.prefix.starts_with(prefix_)) {
    return std::nullopt;
  }
  const std::string_view typed = prompt.prefix.substr(prefix_.size());
  if (!std::string_view(text_).starts_with(typed)) return std::nullopt;
  return typed.size();
}

void GeneratedText::Advance(size_t typed) {
  prefix_ += text_.substr(0, typed);
  text_.erase(0, typed);
  auto token = tokens_.begin();
  for (; token != tokens_.end() && typed >= token->bytes.size(); ++token) {
    typed -= token->bytes.size();
  }
  if (token != tokens_.end()) token->bytes.erase(0, typed);
  tokens_.erase(tokens_.begin(), token);
}

}  // namespace krait::daemon
