// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_CHAT_SAMPLING_H_
#define KRAIT_DAEMON_CHAT_CHAT_SAMPLING_H_

#include "engine/model/chat_hints.h"
#include "engine/run/sampler.h"

namespace krait::daemon {

// How an answer is drawn: as the user asks, else as the model's file says, else
// as suits most models (temperature 0.7, top-k 40, top-p 0.9). The seed is the
// caller's.
engine::SamplerOptions ChooseSampling(const engine::SamplingHints& asked,
                                      const engine::SamplingHints& of_file);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_CHAT_SAMPLING_H_
