// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_DESCRIPTOR_LIMIT_H_
#define KRAIT_DAEMON_DESCRIPTOR_LIMIT_H_

#include <cstddef>

namespace krait::daemon {

// Raises what this process may have open to `wanted` files and sockets, as far
// as the system lets it (`ulimit -n` and `-Hn`); never lowers it. Returns what
// it may have then.
size_t RaiseDescriptorLimit(size_t wanted);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_DESCRIPTOR_LIMIT_H_
