// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_COMPLETION_PLACE_H_
#define KRAIT_DAEMON_COMPLETION_COMPLETION_PLACE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/completion/generator/generator.h"
#include "daemon/completion/text/nearby_text.h"
#include "daemon/completion/text/repository_context.h"
#include "daemon/completion/text/repository_place.h"

namespace krait::completion {

// A cursor's surroundings, with Unix line ends.
struct CompletionPlace {
  std::string document;
  std::string path;
  std::string prefix;
  std::string after;  // what follows the cursor, as far as it matters
  // What the model is shown of that, see SuffixWindow.
  std::string suffix;
  std::optional<std::string> earlier_suffix;
  std::vector<size_t> anchors;  // see GeneratorPrompt
  // Of the document, as far as it is remembered, if it is.
  bool remembered = false;
  std::string whole_before;
  std::string whole_after;
  size_t pause_tokens = 0;  // see GeneratorPrompt
  std::vector<NearbyText> others;
  std::shared_ptr<const RepositoryPlace> repository;  // null: none
  RepositoryContextPtr context;                       // null: none
  std::string line_comment;                           // see GeneratorPrompt
  std::string origin;
  bool may_leave = false;  // see GeneratorPrompt

  // Refers to the place.
  GeneratorPrompt prompt() const {
    GeneratorPrompt prompt{.document = document,
                           .path = path,
                           .prefix = prefix,
                           .suffix = suffix,
                           .earlier_suffix = earlier_suffix,
                           .context = context.get(),
                           .line_comment = line_comment,
                           .anchors = anchors,
                           .file_before = whole_before,
                           .file_after = whole_after,
                           .pause_tokens = pause_tokens,
                           .origin = origin,
                           .may_leave = may_leave};
    // It has text of other files, by which it could not be found again.
    if (context != nullptr) prompt.origin = {};
    if (remembered) {
      prompt.remembered = RememberedTexts{.before = whole_before,
                                          .after = whole_after,
                                          .others = &others,
                                          .repository = repository.get()};
    }
    return prompt;
  }
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_COMPLETION_PLACE_H_
