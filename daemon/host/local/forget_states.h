// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_FORGET_STATES_H_
#define KRAIT_DAEMON_HOST_LOCAL_FORGET_STATES_H_

#include <cstddef>
#include <filesystem>

#include "daemon/completion/generator/forget_scope.h"

namespace krait::daemon {

// Deletes saved states in the scope, and those that cannot be told apart.
// Returns how many.
size_t ForgetStates(const std::filesystem::path& directory,
                    const completion::ForgetScope& scope);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_FORGET_STATES_H_
