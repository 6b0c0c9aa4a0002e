// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/engine_generator.h"

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
  const auto begin = Clock::now();
  bool control = false;
  engine::GenerateOptions options;
  options.sampler = request.sampler;
  options.max_tokens = request.max_tokens;
  options.ignore_end_of_sequence = request.ignore_end;
  options.on_token = [&](TokenId token, float logprob) {
    // A control token other than the end of sequence begins another part of
    // the prompt's format: the middle is over.
    control = !request.ignore_end && model_->tokenizer().IsControl(token);
    if (control) return false;
    return request.on_token(token, model_->tokenizer().TokenBytes(token),
                            logprob);
  };
  const engine::Generation generation =
      engine::Generate(session_.Fork(), options, std::move(stop));
  report->decode = Clock::now() - begin;
  if (generation.reason == StopReason::kCancelled) {
    return MakeError(ErrorCode::kCancelled, "the completion was cancelled");
  }
  report->tokens_generated = generation.tokens.size();
  report->reason = control ? StopReason::kEndOfSequence : generation.reason;
  return {};
}

engine::Result<GeneratorReport> EngineGenerator::Generate(
    const GeneratorRequest& request, std::stop_token stop) {
  GeneratorReport report;
  const auto begin = Clock::now();
  auto plan = planner_.PlanNow(request.prompt, [this](const auto& tokens) {
    return PredictPrefill(tokens);
  });
  if (!plan) return plan.error();
  report.layout = plan->layout;
  report.reason_for_layout = std::move(plan->reason);
  report.tokenize = Clock::now() - begin;
  // An empty file in a vocabulary without bos: there is nothing to go on.
  if (plan->tokens.empty()) {
    report.reason = StopReason::kEndOfSequence;
    return report;
  }
  if (auto fed = Prefill(*plan, stop, &report); !fed) return fed.error();
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
