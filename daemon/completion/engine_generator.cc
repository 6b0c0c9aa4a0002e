// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/engine_generator.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "daemon/log.h"

namespace krait::daemon {

using engine::ErrorCode;
using engine::MakeError;
using engine::StopReason;
using engine::TokenId;

engine::Result<std::unique_ptr<EngineGenerator>> EngineGenerator::Create(
    std::shared_ptr<const engine::Model> model, engine::WorkerPool& pool,
    const WarmOptions& options) {
  if (!model->has_tokenizer()) {
    return MakeError(ErrorCode::kBadFile,
                     model->file().path().string() +
                         ": has no tokenizer (expected tokenizer.json or "
                         "tokenizer.model beside the weights), so it cannot "
                         "complete text");
  }
  return std::unique_ptr<EngineGenerator>(
      new EngineGenerator(std::move(model), pool, options));
}

EngineGenerator::EngineGenerator(std::shared_ptr<const engine::Model> model,
                                 engine::WorkerPool& pool,
                                 const WarmOptions& options)
    : model_(std::move(model)),
      planner_(model_->tokenizer(), model_->hyperparameters()),
      store_(engine::Resumption(model_->hyperparameters()),
             options.state_bytes),
      session_(model_, pool, store_) {
  if (options.state_bytes == 0 || options.state_dir.empty()) return;
  directory_.emplace(options.state_dir, *model_, options.disk_bytes);
  for (const std::string& warning : directory_->Load(&store_)) {
    WriteLog(LogLevel::kWarning, "passed over a saved state: " + warning);
  }
}

std::chrono::duration<double> EngineGenerator::PredictPrefill(
    const std::vector<TokenId>& tokens) const {
  // Before anything was measured there is nothing to choose by.
  if (session_.tokens_per_second() == 0) return {};
  return std::chrono::duration<double>(
      static_cast<double>(session_.CountMissing(tokens)) /
      session_.tokens_per_second());
}

engine::Status EngineGenerator::Prefill(const FimPlan& plan,
                                        std::stop_token stop,
                                        GeneratorReport* report) {
  const auto begin = Clock::now();
  const auto cost = session_.Advance(
      plan.tokens, {.checkpoints = plan.checkpoints}, std::move(stop));
  if (!cost) return cost.error();
  report->tokens_reused = cost->reused;
  report->tokens_replayed = cost->replayed;
  report->tokens_computed = cost->computed;
  report->prefill = Clock::now() - begin;
  return {};
}

engine::Status EngineGenerator::Decode(const GeneratorRequest& request,
                                       std::stop_token stop,
                                       GeneratorReport* report) {
  report->reason = StopReason::kCallback;
  for (const SaidSoFar::Token& token : said_.tokens()) {
    if (!request.on_token(token.id, token.bytes, token.logprob)) return {};
  }
  if (ended_) {
    report->reason = StopReason::kEndOfSequence;
    return {};
  }
  const auto begin = Clock::now();
  engine::GenerateOptions options;
  options.sampler = request.sampler;
  options.max_tokens =
      request.max_tokens - std::min(request.max_tokens, said_.tokens().size());
  options.ignore_end_of_sequence = request.ignore_end;
  options.beginning = &beginning_;
  options.on_token = [&](TokenId token, float logprob) {
    // A control token other than the end of sequence begins another part of
    // the prompt's format: the middle is over.
    ended_ = !request.ignore_end && model_->tokenizer().IsControl(token);
    if (ended_) return false;
    std::string_view bytes = model_->tokenizer().TokenBytes(token);
    bytes.remove_prefix(beginning_.Accept(token));
    if (bytes.empty()) return true;  // typed already
    said_.Add(token, bytes, logprob);
    return request.on_token(token, bytes, logprob);
  };
  if (unfed_) session_.fork().Decode(*std::exchange(unfed_, std::nullopt));
  const engine::Generation generation =
      engine::Generate(session_.fork(), options, std::move(stop));
  report->decode = Clock::now() - begin;
  report->tokens_generated = generation.tokens.size();
  report->reason = ended_ ? StopReason::kEndOfSequence : generation.reason;
  switch (report->reason) {
    case StopReason::kCancelled:
      return MakeError(ErrorCode::kCancelled, "the completion was cancelled");
    case StopReason::kEndOfSequence:
      ended_ = true;
      break;
    case StopReason::kNotFinite:
      said_.Forget();
      break;
    default:
      if (!generation.tokens.empty()) unfed_ = generation.tokens.back();
  }
  return {};
}

engine::Status EngineGenerator::Begin(const GeneratorRequest& request,
                                      std::stop_token stop,
                                      GeneratorReport* report) {
  const auto begin = Clock::now();
  const bool greedy = request.sampler.temperature <= 0;
  const auto typed = said_.TypedOf(request.prompt, greedy);
  if (typed && request.may_resume) {
    said_.Advance(*typed);
    report->layout = said_layout_;
    report->tokens_reused = said_prompt_tokens_;
    report->reason_for_layout = "goes on with what was being generated";
    return {};
  }
  said_.Forget();
  auto plan = planner_.PlanNow(
      request.prompt, request.heal_tokens,
      [this](const auto& tokens) { return PredictPrefill(tokens); });
  if (!plan) return plan.error();
  beginning_ = engine::Beginning(model_->tokenizer(), plan->beginning);
  report->layout = said_layout_ = plan->layout;
  said_prompt_tokens_ = plan->tokens.size();
  report->reason_for_layout = std::move(plan->reason);
  report->tokenize = Clock::now() - begin;
  unfed_.reset();
  // An empty file in a vocabulary without bos: there is nothing to go on.
  ended_ = plan->tokens.empty();
  if (!ended_) {
    if (auto fed = Prefill(*plan, std::move(stop), report); !fed) return fed;
    session_.Fork();
  }
  said_.Begin(request.prompt, greedy);
  return {};
}

engine::Result<GeneratorReport> EngineGenerator::Generate(
    const GeneratorRequest& request, std::stop_token stop) {
  GeneratorReport report;
  if (auto begun = Begin(request, stop, &report); !begun) return begun.error();
  if (auto said = Decode(request, stop, &report); !said) return said.error();
  return report;
}

engine::Status EngineGenerator::Warm(const GeneratorPrompt& prompt,
                                     std::stop_token stop) {
  if (store_.budget_bytes() == 0) return {};
  const auto plans = planner_.PlansToWarm(prompt, [this](const auto& tokens) {
    // As if nothing were warm: after a jump nothing is.
    const double speed = session_.tokens_per_second();
    return std::chrono::duration<double>(
        speed == 0 ? 0 : static_cast<double>(tokens.size()) / speed);
  });
  if (!plans) return plans.error();
  for (const FimPlan& plan : *plans) {
    if (plan.tokens.empty()) continue;
    GeneratorReport report;
    if (auto fed = Prefill(plan, stop, &report); !fed) return fed;
  }
  return {};
}

engine::Status EngineGenerator::SaveWarmStates() {
  if (!directory_) return {};
  return directory_->Save(store_);
}

WarmStatus EngineGenerator::warm_status() const {
  return {.budget_bytes = store_.budget_bytes(),
          .held_bytes = store_.held_bytes(),
          .checkpoints = store_.snapshots(),
          .logged_tokens = store_.logged_tokens()};
}

}  // namespace krait::daemon
