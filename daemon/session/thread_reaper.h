// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_THREAD_REAPER_H_
#define KRAIT_DAEMON_SESSION_THREAD_REAPER_H_

#include <atomic>
#include <memory>
#include <thread>

namespace krait::daemon {

// Takes a thread that was told to end, so that nobody has to wait until it
// does. `ended` is not null; the thread sets it last of all and must need
// nothing but what it owns. It is joined when another one is left here, or at
// the end of the process. Thread-safe.
void JoinLater(std::thread thread,
               std::shared_ptr<const std::atomic<bool>> ended);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_THREAD_REAPER_H_
