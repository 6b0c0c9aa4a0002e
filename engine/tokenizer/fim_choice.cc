// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/fim_choice.h"

#include <array>
#include <utility>

namespace krait::engine {

std::optional<FimTraining> FindFimTraining(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, FimTraining>, 5> kNames = {{
      {"", FimTraining::kNone},
      {"spm", FimTraining::kSpm},
      {"psm", FimTraining::kPsm},
      {"both", FimTraining::kSpmAndPsm},
      {"emulated", FimTraining::kEmulated},
  }};
  for (const auto& [known, training] : kNames) {
    if (name == known) return training;
  }
  return std::nullopt;
}

void FimChoice::Override(const FimChoice& stronger) {
  if (stronger.order != FimTraining::kNone) order = stronger.order;
  for (const auto token : {&FimChoice::prefix_token, &FimChoice::suffix_token,
                           &FimChoice::middle_token, &FimChoice::file_token,
                           &FimChoice::file_separator_token,
                           &FimChoice::repository_separator_token}) {
    if (!(stronger.*token).empty()) this->*token = stronger.*token;
  }
  if (!stronger.stop_tokens.empty()) stop_tokens = stronger.stop_tokens;
}

}  // namespace krait::engine
