// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/engine_generation.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;
using engine::StopReason;
using engine::TokenId;

engine::StateOrigin OriginOf(const completion::GeneratorPrompt& prompt) {
  if (prompt.origin.empty()) return nullptr;
  return std::make_shared<const std::string>(prompt.origin);
}

EngineGeneration::EngineGeneration(const engine::Model& model,
                                   Speakers& speakers,
                                   completion::GeneratorRequest request,
                                   std::stop_token stop)
    : model_(model),
      speakers_(speakers),
      request_(std::move(request)),
      stop_(std::move(stop)) {}

EngineGeneration::~EngineGeneration() {
  if (speaker_ != nullptr) speakers_.Release(*speaker_);
}

void EngineGeneration::Continue(Speaker& speaker) {
  speaker_ = &speaker;
  report_.layout = speaker.layout;
  report_.tokens_reused = speaker.tokens;
  report_.reason_for_layout = "goes on with what was being generated";
  BeginToSpeak();
}

void EngineGeneration::Read(Speaker& speaker, FimPlan plan,
                            std::unique_ptr<engine::TextMemory> memory,
                            completion::Clock::duration planning) {
  speaker_ = &speaker;
  speaker.said.Forget();
  speaker.unfed.reset();
  speaker.path = request_.prompt.path;
  speaker.layout = plan.layout;
  speaker.tokens = plan.tokens.size();
  speaker.beginning =
      engine::Beginning(model_.tokenizer(), std::move(plan.beginning));
  speaker.memory = std::move(memory);
  report_.layout = plan.layout;
  report_.reason_for_layout = std::move(plan.reason);
  report_.tokenize = planning;
  stage_begin_ = completion::Clock::now();
  // An empty file in a vocabulary without bos: there is nothing to go on.
  speaker.ended = plan.tokens.empty();
  if (speaker.ended) {
    speaker.said.Begin(request_.prompt, greedy(), reminded_of);
    return BeginToSpeak();
  }
  auto begun = speaker.session.Begin(
      plan.tokens,
      {.checkpoints = plan.checkpoints, .origin = OriginOf(request_.prompt)});
  if (!begun) End(begun.error());
}

void EngineGeneration::RunSlice() {
  engine::WarmSession& session = speaker_->session;
  if (auto run = session.RunSlice(stop_); !run) return End(run.error());
  if (!session.done()) return;
  report_.tokens_reused = session.cost().reused;
  report_.tokens_replayed = session.cost().replayed;
  report_.tokens_computed = session.cost().computed;
  session.Fork();
  report_.prefill = completion::Clock::now() - stage_begin_;
  speaker_->said.Begin(request_.prompt, greedy(), reminded_of);
  BeginToSpeak();
}

// Says first what was said already.
void EngineGeneration::BeginToSpeak() {
  stage_ = Stage::kSpeaking;
  stage_begin_ = completion::Clock::now();
  const auto& said = speaker_->said.tokens();
  for (const SaidSoFar::Token& token : said) {
    if (!request_.on_token(token.id, token.bytes, token.logprob)) {
      report_.reason = StopReason::kCallback;
      return End(report_);
    }
  }
  if (speaker_->ended) return EndSpeaking(StopReason::kEndOfSequence);
  engine::GenerateOptions options;
  options.sampler = request_.sampler;
  options.max_tokens =
      request_.max_tokens - std::min(request_.max_tokens, said.size());
  options.ignore_end_of_sequence = request_.ignore_end;
  options.first_rank = request_.first_rank;
  options.beginning = &speaker_->beginning;
  options.memory = speaker_->memory.get();
  options.on_token = [this](TokenId token, float logprob) {
    return OnToken(token, logprob);
  };
  picker_.emplace(model_, std::move(options));
}

bool EngineGeneration::OnToken(TokenId token, float logprob) {
  // A control token other than the end of sequence begins another part of the
  // prompt's format: the middle is over.
  speaker_->ended = !request_.ignore_end && model_.tokenizer().IsControl(token);
  if (speaker_->ended) return false;
  std::string_view bytes = model_.tokenizer().TokenBytes(token);
  bytes.remove_prefix(speaker_->beginning.Accept(token));
  if (bytes.empty()) return true;  // typed already
  speaker_->said.Add(token, bytes, logprob);
  return request_.on_token(token, bytes, logprob);
}

void EngineGeneration::StopIfAsked() {
  if (stage_ == Stage::kEnded || !stop_.stop_requested()) return;
  // Which keeps what was read.
  if (reading()) return RunSlice();
  End(MakeError(ErrorCode::kCancelled, "the completion was cancelled"));
}

std::optional<TokenId> EngineGeneration::TakeUnfed() {
  return std::exchange(speaker_->unfed, std::nullopt);
}

void EngineGeneration::Pick() {
  if (StopIfAsked(); !speaking()) return;
  const auto reason = picker_->Pick(session().logits());
  const auto& chosen = picker_->generation().tokens;
  report_.tokens_generated = chosen.size();
  // Fed in the next round or, if this is the end, if somebody goes on with it.
  if (!chosen.empty()) speaker_->unfed = chosen.back();
  if (reason) EndSpeaking(*reason);
}

void EngineGeneration::EndSpeaking(StopReason reason) {
  if (reason == StopReason::kNotFinite) speaker_->said.Forget();
  if (reason == StopReason::kEndOfSequence) speaker_->ended = true;
  report_.reason = speaker_->ended ? StopReason::kEndOfSequence : reason;
  report_.decode = completion::Clock::now() - stage_begin_;
  End(report_);
}

void EngineGeneration::End(base::Result<completion::GeneratorReport> outcome) {
  stage_ = Stage::kEnded;
  outcome_ = std::move(outcome);
  if (speaker_ != nullptr) speakers_.Release(*std::exchange(speaker_, nullptr));
}

}  // namespace krait::daemon
