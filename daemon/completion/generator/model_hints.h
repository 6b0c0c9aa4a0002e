// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_MODEL_HINTS_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_MODEL_HINTS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krait::completion {

// How sure a model must be of a completion that is shown: natural logarithms of
// probabilities, chosen for each model by `krait eval shown --calibrate`. GGUF
// keys krait.confidence.*; these are for a file that says nothing.
struct ConfidenceThresholds {
  // The least mean over the tokens of what is shown: on one line, on several.
  double line = -0.8;
  double block = -0.6;
  // What is shown ends before the first token that is less likely; the second
  // is for completions that the user has asked for by hand.
  double token = -2.3;
  double invoked_token = -4.6;
};

// What a model's file says of how to use what the model says.
struct ModelHints {
  ConfidenceThresholds confidence;
  // By grammars' name of a language, where the file has keys
  // krait.confidence.NAME.*; what these do not say is as for all others.
  std::map<std::string, ConfidenceThresholds, std::less<>> confidence_of;
  // What it was trained on, by grammars' names; nothing: the file does not say.
  // GGUF key krait.languages.
  std::optional<std::vector<std::string>> languages;

  const ConfidenceThresholds& ConfidenceOf(std::string_view language) const;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_MODEL_HINTS_H_
