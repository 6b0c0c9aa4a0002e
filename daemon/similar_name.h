// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SIMILAR_NAME_H_
#define KRAIT_DAEMON_SIMILAR_NAME_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace krait::daemon {

// Names further apart than this are not mistyped but different ones.
inline constexpr size_t kMostMistypes = 3;

// Returns how many characters must be inserted, deleted or replaced.
size_t EditDistance(std::string_view a, std::string_view b);

// Returns the one of `names` that was probably meant by `name`; empty if none
// is similar.
std::string_view SimilarName(std::string_view name,
                             std::span<const std::string> names);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SIMILAR_NAME_H_
