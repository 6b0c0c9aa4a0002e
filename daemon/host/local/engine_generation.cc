// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/engine_generation.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/host/local/engine_words.h"

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
                                   GenerationSlots& slots,
                                   engine::DraftLength& draft_length,
                                   completion::GeneratorRequest request,
                                   std::stop_token stop)
    : model_(model),
      slots_(slots),
      draft_length_(draft_length),
      request_(std::move(request)),
      stop_(std::move(stop)) {}

EngineGeneration::~EngineGeneration() {
  if (slot_ != nullptr) slots_.Release(*slot_);
}

bool EngineGeneration::Continue(GenerationSlot& slot) {
  slot_ = &slot;
  const bool picks_next = !slot.unfed && !slot.ended;
  if (picks_next && !session().next().Has(
                        engine::TokenPicker(model_, Options()).NeededTop())) {
    slots_.Release(*std::exchange(slot_, nullptr));
    return false;
  }
  report_.plan = PromptPlanOf(slot.layout);
  report_.tokens_reused = slot.tokens;
  report_.tokens_of_context = slot.context_tokens;
  report_.reason_for_plan = "goes on with what was being generated";
  BeginToGenerate();
  return true;
}

void EngineGeneration::Read(GenerationSlot& slot, FimPlan plan,
                            completion::Clock::duration planning) {
  slot_ = &slot;
  slot.generated.Forget();
  slot.unfed.reset();
  slot.document = request_.prompt.document;
  slot.layout = plan.layout;
  slot.tokens = plan.tokens.size();
  slot.context_tokens = plan.context_tokens;
  slot.beginning =
      engine::Beginning(model_.tokenizer(), std::move(plan.beginning));
  report_.plan = PromptPlanOf(plan.layout);
  report_.tokens_of_context = plan.context_tokens;
  report_.reason_for_plan = std::move(plan.reason);
  report_.tokenize = planning;
  stage_begin_ = completion::Clock::now();
  // An empty file in a vocabulary without bos: there is nothing to go on.
  slot.ended = plan.tokens.empty();
  if (slot.ended) {
    slot.generated.Begin(request_.prompt, can_be_continued(), reminded_of);
    return BeginToGenerate();
  }
  auto begun = slot.session.Begin(
      plan.tokens,
      {.checkpoints = plan.checkpoints, .origin = OriginOf(request_.prompt)});
  if (!begun) End(begun.error());
}

void EngineGeneration::RunSlice() {
  engine::WarmSession& session = slot_->session;
  if (auto run = session.RunSlice(stop_); !run) return End(run.error());
  if (!session.done()) return;
  report_.tokens_reused = session.cost().reused;
  report_.tokens_replayed = session.cost().replayed;
  report_.tokens_computed = session.cost().computed;
  session.Fork();
  report_.prefill = completion::Clock::now() - stage_begin_;
  slot_->generated.Begin(request_.prompt, can_be_continued(), reminded_of);
  BeginToGenerate();
}

engine::GenerateOptions EngineGeneration::Options() {
  const size_t generated = slot_->generated.tokens().size();
  engine::GenerateOptions options;
  options.sampler = SamplerOptionsOf(request_.sampling);
  options.max_tokens =
      request_.max_tokens - std::min(request_.max_tokens, generated);
  options.ignore_end_of_sequence = request_.ignore_end;
  options.first_rank = request_.first_rank;
  options.likeliest = request_.likeliest;
  options.beginning = &slot_->beginning;
  options.memory = slot_->memory.get();
  if (model_.TakesDrafts()) {
    options.drafter = &slot_->drafter;
    options.draft_length = &draft_length_;
  }
  options.on_token = [this](TokenId token, float logprob) {
    return OnToken(token, logprob);
  };
  return options;
}

// What was generated already comes first.
void EngineGeneration::BeginToGenerate() {
  stage_ = Stage::kGenerating;
  stage_begin_ = completion::Clock::now();
  const auto& generated = slot_->generated.tokens();
  for (const GeneratedText::Token& token : generated) {
    if (!request_.on_piece(
            {.id = token.id, .bytes = token.bytes, .logprob = token.logprob})) {
      report_.end = completion::GenerationEnd::kEnough;
      return End(report_);
    }
  }
  if (slot_->ended) return EndGenerating(StopReason::kEndOfSequence);
  picker_.emplace(model_, Options());
}

bool EngineGeneration::OnToken(TokenId token, float logprob) {
  // A control token other than the end of sequence begins another part of the
  // prompt's format: the middle is over.
  slot_->ended = !request_.ignore_end && model_.tokenizer().IsControl(token);
  if (slot_->ended) return false;
  std::string_view bytes = model_.tokenizer().TokenBytes(token);
  const size_t typed = slot_->beginning.Accept(token);
  bytes.remove_prefix(typed);
  if (bytes.empty()) return true;  // typed already
  slot_->generated.Add(token, bytes, logprob);
  const auto likeliest = LikeliestPieces(typed);
  return request_.on_piece({.id = token,
                            .bytes = bytes,
                            .logprob = logprob,
                            .likeliest = likeliest});
}

// Without what was `typed` of them already, and those that add nothing to it.
std::vector<completion::LikelyPiece> EngineGeneration::LikeliestPieces(
    size_t typed) const {
  const engine::Tokenizer& tokenizer = model_.tokenizer();
  std::vector<completion::LikelyPiece> pieces;
  for (const engine::LikelyToken& likely : picker_->likeliest()) {
    std::string_view bytes = tokenizer.IsControl(likely.id)
                                 ? tokenizer.TokenName(likely.id)
                                 : tokenizer.TokenBytes(likely.id);
    if (bytes.size() <= typed) continue;
    bytes.remove_prefix(typed);
    pieces.push_back(
        {.id = likely.id, .bytes = bytes, .logprob = likely.logprob});
  }
  return pieces;
}

void EngineGeneration::StopIfAsked() {
  if (stage_ == Stage::kEnded || !stop_.stop_requested()) return;
  // Which keeps what was read.
  if (reading()) return RunSlice();
  End(MakeError(ErrorCode::kCancelled, "the completion was cancelled"));
}

engine::DecodeFeed EngineGeneration::TakeFeed(bool may_draft) {
  const TokenId token = *std::exchange(slot_->unfed, std::nullopt);
  return picker_->NextFeed(session(), token, may_draft);
}

void EngineGeneration::Pick() {
  const auto& chosen = picker_->generation().tokens;
  do {
    if (StopIfAsked(); !generating()) return;
    const auto reason = picker_->Pick(session().next());
    report_.tokens_generated = chosen.size();
    // Fed in the next round or, if this is the end, if somebody goes on with
    // it; or it was fed, as it was guessed.
    if (!chosen.empty()) slot_->unfed = chosen.back();
    if (reason) return EndGenerating(*reason);
  } while (TakeDraft());
}

bool EngineGeneration::TakeDraft() {
  if (!session().TakeDraft(*slot_->unfed)) return false;
  slot_->unfed.reset();
  return true;
}

void EngineGeneration::EndGenerating(StopReason reason) {
  if (reason == StopReason::kNotFinite) slot_->generated.Forget();
  if (reason == StopReason::kEndOfSequence) slot_->ended = true;
  report_.end =
      GenerationEndOf(slot_->ended ? StopReason::kEndOfSequence : reason);
  report_.decode = completion::Clock::now() - stage_begin_;
  End(report_);
}

void EngineGeneration::End(base::Result<completion::GeneratorReport> outcome) {
  stage_ = Stage::kEnded;
  outcome_ = std::move(outcome);
  if (slot_ != nullptr) slots_.Release(*std::exchange(slot_, nullptr));
}

}  // namespace krait::daemon
