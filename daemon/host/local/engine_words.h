// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_ENGINE_WORDS_H_
#define KRAIT_DAEMON_HOST_LOCAL_ENGINE_WORDS_H_

#include "daemon/completion/generator/generator.h"
#include "daemon/completion/generator/prompt_plan.h"
#include "daemon/completion/generator/sampling.h"
#include "engine/model/model_stamp.h"
#include "engine/prompt/fim.h"
#include "engine/run/generation.h"
#include "engine/run/sampler.h"

namespace krait::daemon {

// What completions and the engine each call by their own names.
engine::SamplerOptions SamplerOptionsOf(const completion::Sampling& sampling);
completion::PromptPlan PromptPlanOf(engine::FimLayout layout);
// Not of kCancelled, which is an error there.
completion::GenerationEnd GenerationEndOf(engine::StopReason reason);
completion::ModelChange ModelChangeOf(engine::ModelChange change);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_ENGINE_WORDS_H_
