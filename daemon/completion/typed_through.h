// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TYPED_THROUGH_H_
#define KRAIT_DAEMON_COMPLETION_TYPED_THROUGH_H_

#include <optional>
#include <string>
#include <string_view>

#include "daemon/completion/completion_service.h"

namespace krait::completion {

// The last completion of a document. While the user types just what it says,
// its rest is still right and no model needs to run.
struct GivenCompletion {
  CompletionRequest request;
  std::string text;
};

// Returns what is left of `given` if `now` is the place where it was given
// with a beginning of it typed since (or nothing); nullopt if the place is
// another, something else was typed, or nothing is left.
std::optional<std::string> TypedThrough(const GivenCompletion& given,
                                        const CompletionRequest& now);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TYPED_THROUGH_H_
