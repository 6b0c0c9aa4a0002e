// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/chat_sampling.h"

#include <cstddef>
#include <optional>

namespace krait::daemon {
namespace {

constexpr float kTemperature = 0.7F;
constexpr size_t kTopK = 40;
constexpr float kTopP = 0.9F;

template <class T>
T First(const std::optional<T>& asked, const std::optional<T>& of_file,
        T otherwise) {
  return asked ? *asked : of_file.value_or(otherwise);
}

}  // namespace

engine::SamplerOptions ChooseSampling(const engine::SamplingHints& asked,
                                      const engine::SamplingHints& of_file) {
  const engine::SamplerOptions none;
  engine::SamplerOptions chosen;
  chosen.temperature =
      First(asked.temperature, of_file.temperature, kTemperature);
  chosen.top_k = First(asked.top_k, of_file.top_k, kTopK);
  chosen.top_p = First(asked.top_p, of_file.top_p, kTopP);
  chosen.min_p = First(asked.min_p, of_file.min_p, none.min_p);
  chosen.repetition_penalty =
      First(asked.repetition_penalty, of_file.repetition_penalty,
            none.repetition_penalty);
  return chosen;
}

}  // namespace krait::daemon
