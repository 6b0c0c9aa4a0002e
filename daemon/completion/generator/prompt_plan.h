// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_PROMPT_PLAN_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_PROMPT_PLAN_H_

#include <cstdint>
#include <string_view>

namespace krait::completion {

// Where an answer came from: how the model was shown the text around the
// cursor, or that it was not asked.
enum class PromptPlan : uint8_t {
  kNone,          // no model was asked, as nothing was to be shown
  kTypedThrough,  // no model was asked: the user types what was shown
  kPrefix,        // the text before the cursor only
  kSpm,           // suffix, prefix, middle
  kPsm,           // prefix, suffix, middle
  // Prefix up to a line above the cursor, suffix, middle with what follows it.
  kAnchoredPsm,
  kEmulated,  // the model knows no such layout: the suffix as plain text
  kRemote,    // an engine elsewhere was asked
};

// Returns "none", "typed-through", "prefix", "spm", "psm", "anchored-psm",
// "emulated", "remote".
std::string_view PromptPlanName(PromptPlan plan);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_PROMPT_PLAN_H_
