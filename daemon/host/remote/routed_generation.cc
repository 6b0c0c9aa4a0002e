// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/remote/routed_generation.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;
using completion::GenerationEnd;

namespace {

// Engines elsewhere say no ids: equal texts are the same piece.
completion::PieceId PieceIdOf(std::string_view text) {
  return static_cast<completion::PieceId>(std::hash<std::string_view>()(text));
}

}  // namespace

RoutedGeneration::RoutedGeneration(completion::Generator& local,
                                   std::shared_ptr<remote::Engine> engine,
                                   completion::GeneratorRequest request,
                                   std::stop_token stop)
    : local_(local),
      engine_(std::move(engine)),
      request_(std::move(request)),
      stop_(std::move(stop)) {}

RoutedGeneration::~RoutedGeneration() {
  on_stop_.reset();
  if (exchange_ != nullptr) exchange_->Leave();
}

void RoutedGeneration::AskElsewhere(
    std::shared_ptr<remote::Exchange> exchange) {
  exchange_ = std::move(exchange);
  on_stop_.emplace(stop_, WakeOnStop{exchange_.get()});
}

void RoutedGeneration::BeginHere(std::string why) {
  why_here_ = std::move(why);
  here_ = local_.Begin(request_, stop_);
  LookHere();
}

void RoutedGeneration::FallBack(const std::string& why) {
  const auto& prompt = request_.prompt;
  if (prompt.conversation != nullptr && !prompt.pieces) {
    outcome_ = MakeError(
        ErrorCode::kIo,
        fmt::format("the engine elsewhere does not answer ({}), and the model "
                    "here cannot chat",
                    why));
    return;
  }
  engine_->CountFallback();
  BeginHere(fmt::format("the engine elsewhere does not answer: {}", why));
}

void RoutedGeneration::StopIfAsked() {
  if (outcome_) return;
  if (here_ != nullptr) {
    here_->StopIfAsked();
    return LookHere();
  }
  if (!stop_.stop_requested()) return;
  exchange_->Leave();
  outcome_ = MakeError(ErrorCode::kCancelled, "the request was cancelled");
}

bool RoutedGeneration::ready() const {
  if (outcome_ || stop_.stop_requested()) return true;
  return here_ != nullptr ? here_->ready() : exchange_->ready();
}

void RoutedGeneration::WhenReady(std::function<void()> wake) {
  if (outcome_) return wake();
  if (here_ != nullptr) return here_->WhenReady(std::move(wake));
  exchange_->WhenReady(std::move(wake));
  // The stop may have come before there was anything to wake.
  if (stop_.stop_requested()) exchange_->Wake();
}

void RoutedGeneration::LookHere() {
  if (outcome_ || here_ == nullptr || !here_->outcome()) return;
  outcome_ = here_->outcome();
  if (*outcome_ && !why_here_.empty()) {
    std::string& reason = (**outcome_).reason_for_plan;
    reason = reason.empty() ? why_here_ : why_here_ + "; " + reason;
  }
  here_.reset();
}

void RoutedGeneration::TakeWhatCame() {
  if (outcome_ || here_ != nullptr) return;
  const remote::Exchange::News news = exchange_->Take();
  for (const std::string& text : news.texts) {
    if (!Say(text)) return;
  }
  if (news.error) return FailElsewhere(*news.error, news.said_something);
  if (!news.end) return;
  EndElsewhere(*news.end == remote::AnswerEnd::kLimit
                   ? GenerationEnd::kMaxTokens
                   : GenerationEnd::kEndOfSequence);
}

// Returns whether it goes on.
bool RoutedGeneration::Say(const std::string& text) {
  if (!first_text_) first_text_ = completion::Clock::now();
  // An engine that takes no notice of the limit; a part is at least a token.
  if (++parts_ > request_.max_tokens) {
    EndElsewhere(GenerationEnd::kMaxTokens);
    return false;
  }
  // It does not say how sure it is.
  if (request_.on_piece({.id = PieceIdOf(text), .bytes = text, .logprob = 0})) {
    return true;
  }
  EndElsewhere(GenerationEnd::kEnough);
  return false;
}

void RoutedGeneration::EndElsewhere(GenerationEnd end) {
  exchange_->Leave();
  const remote::AnswerPart usage = exchange_->usage();
  const auto now = completion::Clock::now();
  const size_t prompt = usage.prompt_tokens.value_or(0);
  completion::GeneratorReport report;
  report.plan = completion::PromptPlan::kRemote;
  report.end = end;
  report.tokens_reused = std::min(usage.cached_tokens.value_or(0), prompt);
  report.tokens_computed = prompt - report.tokens_reused;
  report.tokens_generated = usage.answer_tokens.value_or(parts_);
  report.prefill = first_text_.value_or(now) - begin_;
  report.decode = now - first_text_.value_or(now);
  outcome_ = std::move(report);
}

void RoutedGeneration::FailElsewhere(const base::Error& error,
                                     bool said_something) {
  if (!said_something) {
    on_stop_.reset();
    return FallBack(error.message);
  }
  // Of a completion whole lines are kept, as of one that was too long.
  if (request_.prompt.conversation == nullptr) {
    return EndElsewhere(GenerationEnd::kMaxTokens);
  }
  outcome_ = error;
}

}  // namespace krait::daemon
