// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_IDENTIFIERS_H_
#define KRAIT_DAEMON_REPOSITORY_IDENTIFIERS_H_

#include <cstddef>
#include <functional>
#include <string_view>

namespace krait::repository {

// Calls `on_name` with the identifiers and keywords of a text that have
// kLeastIdentifier bytes or more: shorter ones are everywhere.
inline constexpr size_t kLeastIdentifier = 3;
void ForEachIdentifier(
    std::string_view text,
    const std::function<void(std::string_view name)>& on_name);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_IDENTIFIERS_H_
