// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_COMPLETION_PLACE_H_
#define KRAIT_DAEMON_COMPLETION_COMPLETION_PLACE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/completion/generator.h"

namespace krait::daemon {

// A cursor's surroundings, with Unix line ends.
struct CompletionPlace {
  std::string path;
  std::string prefix;
  std::string after;  // what follows the cursor, as far as it matters
  // What the model is shown of that, see SuffixWindow.
  std::string suffix;
  std::optional<std::string> earlier_suffix;
  std::vector<size_t> anchors;  // see GeneratorPrompt
  std::string origin;

  // Refers to the place.
  GeneratorPrompt prompt() const {
    return {.path = path,
            .prefix = prefix,
            .suffix = suffix,
            .earlier_suffix = earlier_suffix,
            .anchors = anchors,
            .origin = origin};
  }
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_COMPLETION_PLACE_H_
