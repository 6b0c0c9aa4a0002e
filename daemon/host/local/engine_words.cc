// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/engine_words.h"

namespace krait::daemon {

using completion::GenerationEnd;
using completion::PromptPlan;
using engine::FimLayout;
using engine::StopReason;

engine::SamplerOptions SamplerOptionsOf(const completion::Sampling& sampling) {
  return {.temperature = sampling.temperature,
          .top_k = sampling.top_k,
          .top_p = sampling.top_p,
          .min_p = sampling.min_p,
          .repetition_penalty = sampling.repetition_penalty,
          .repetition_window = sampling.repetition_window,
          .seed = sampling.seed};
}

PromptPlan PromptPlanOf(FimLayout layout) {
  switch (layout) {
    case FimLayout::kSpm:
      return PromptPlan::kSpm;
    case FimLayout::kPsm:
      return PromptPlan::kPsm;
    case FimLayout::kAnchoredPsm:
      return PromptPlan::kAnchoredPsm;
    case FimLayout::kEmulated:
      return PromptPlan::kEmulated;
    case FimLayout::kPrefix:
      break;
  }
  return PromptPlan::kPrefix;
}

GenerationEnd GenerationEndOf(StopReason reason) {
  switch (reason) {
    case StopReason::kMaxTokens:
      return GenerationEnd::kMaxTokens;
    case StopReason::kCallback:
      return GenerationEnd::kEnough;
    case StopReason::kNotFinite:
      return GenerationEnd::kNotFinite;
    case StopReason::kEndOfSequence:
    case StopReason::kCancelled:
      break;
  }
  return GenerationEnd::kEndOfSequence;
}

completion::ModelChange ModelChangeOf(engine::ModelChange change) {
  switch (change) {
    case engine::ModelChange::kReplaced:
      return completion::ModelChange::kReplaced;
    case engine::ModelChange::kOverwritten:
      return completion::ModelChange::kOverwritten;
    case engine::ModelChange::kNone:
      break;
  }
  return completion::ModelChange::kNone;
}

}  // namespace krait::daemon
