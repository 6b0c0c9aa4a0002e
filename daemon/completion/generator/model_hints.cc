// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/generator/model_hints.h"

#include <string_view>

namespace krait::completion {

const ConfidenceThresholds& ModelHints::ConfidenceOf(
    std::string_view language) const {
  const auto found = confidence_of.find(language);
  return found == confidence_of.end() ? confidence : found->second;
}

}  // namespace krait::completion
