// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/engine_generator.h"

#include <utility>
#include <vector>

namespace krait::daemon {

using engine::ErrorCode;
using engine::FimLayout;
using engine::MakeError;
using engine::StopReason;
using engine::TokenId;

FimLayout TrainedLayout(const engine::Hyperparameters& hparams) {
  switch (hparams.fim) {
    case engine::FimTraining::kSpm:
      return FimLayout::kSpm;
    case engine::FimTraining::kPsm:
      return FimLayout::kPsm;
    case engine::FimTraining::kNone:
      break;
  }
  return FimLayout::kEmulated;
}

engine::Result<std::unique_ptr<EngineGenerator>> EngineGenerator::Create(
    std::shared_ptr<const engine::Model> model, engine::WorkerPool& pool) {
  if (!model->has_tokenizer()) {
    return MakeError(ErrorCode::kBadFile,
                     model->file().path().string() +
                         ": has no tokenizer (expected tokenizer.json or "
                         "tokenizer.model beside the weights), so it cannot "
                         "complete text");
  }
  return std::unique_ptr<EngineGenerator>(
      new EngineGenerator(std::move(model), pool));
}

EngineGenerator::EngineGenerator(std::shared_ptr<const engine::Model> model,
                                 engine::WorkerPool& pool)
    : model_(model), session_(std::move(model), pool) {}

size_t EngineGenerator::CountTokens(std::string_view text) const {
  return model_->tokenizer().Encode(text, engine::DummyPrefix::kNone).size();
}

FimLayout EngineGenerator::ChooseLayout(const GeneratorPrompt& prompt) const {
  const FimLayout trained = TrainedLayout(model_->hyperparameters());
  if (trained == FimLayout::kEmulated && prompt.suffix.empty()) {
    return FimLayout::kPrefix;
  }
  return trained;
}

engine::Result<GeneratorReport> EngineGenerator::Generate(
    const GeneratorRequest& request, std::stop_token stop) {
  GeneratorReport report;
  const auto begin = Clock::now();
  const auto& file_token = model_->hyperparameters().file_token;
  report.layout = ChooseLayout(request.prompt);
  const auto ids = engine::BuildFimPrompt(
      model_->tokenizer(), report.layout,
      {.path = file_token ? request.prompt.path : std::string_view(),
       .prefix = request.prompt.prefix,
       .suffix = request.prompt.suffix},
      file_token);
  if (!ids) return ids.error();
  const auto tokenized = Clock::now();
  report.tokenize = tokenized - begin;
  // An empty file in a vocabulary without bos: there is nothing to go on.
  if (ids->empty()) {
    report.reason = StopReason::kEndOfSequence;
    return report;
  }

  session_.Reset();
  if (const auto fed = session_.Prefill(*ids, stop); !fed) return fed.error();
  report.tokens_computed = ids->size();
  const auto prefilled = Clock::now();
  report.prefill = prefilled - tokenized;

  bool control = false;
  engine::GenerateOptions options;
  options.sampler = request.sampler;
  options.max_tokens = request.max_tokens;
  options.on_token = [&](TokenId token, float logprob) {
    // A control token other than the end of sequence begins another part of
    // the prompt's format: the middle is over.
    control = model_->tokenizer().IsControl(token);
    if (control) return false;
    return request.on_token(token, model_->tokenizer().TokenBytes(token),
                            logprob);
  };
  const engine::Generation generation =
      engine::Generate(session_, options, stop);
  report.decode = Clock::now() - prefilled;
  if (generation.reason == StopReason::kCancelled) {
    return MakeError(ErrorCode::kCancelled, "the completion was cancelled");
  }
  report.tokens_generated = generation.tokens.size();
  report.reason = control ? StopReason::kEndOfSequence : generation.reason;
  return report;
}

}  // namespace krait::daemon
