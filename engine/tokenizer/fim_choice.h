// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_FIM_CHOICE_H_
#define KRAIT_ENGINE_TOKENIZER_FIM_CHOICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krait::engine {

// How a model wants fill-in-the-middle prompts.
enum class FimTraining : uint8_t {
  kNone,  // not said
  kSpm,
  kPsm,
  kSpmAndPsm,
  kEmulated,  // it was not trained to
};

// Returns what "spm", "psm", "both" or "emulated" means; "" is kNone.
std::optional<FimTraining> FindFimTraining(std::string_view name);

// What somebody says of a model's fill-in-the-middle, so that nothing need be
// concluded from the names in its vocabulary: its file by the keys
// krait.fim.*, the user by the settings fim.*. Tokens are named as the
// vocabulary writes them; what is empty is not said.
struct FimChoice {
  FimTraining order = FimTraining::kNone;
  std::string prefix_token = {};
  std::string suffix_token = {};
  std::string middle_token = {};
  std::string file_token = {};  // prompts begin with it and the file's path
  // Between files and between repositories, if it was trained with several.
  std::string file_separator_token = {};
  std::string repository_separator_token = {};
  // Those at which an answer ends, beside the vocabulary's control tokens.
  std::vector<std::string> stop_tokens = {};

  // Takes over all that `stronger` says.
  void Override(const FimChoice& stronger);

  bool operator==(const FimChoice&) const = default;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_FIM_CHOICE_H_
