// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_THREAD_REAPER_H_
#define KRAIT_DAEMON_SESSION_THREAD_REAPER_H_

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

namespace krait::daemon {

// Takes a thread that was told to end, so that nobody has to wait until it
// does. `ended` is not null; the thread sets it last of all and must need
// nothing but what it owns. It is joined when another one is left here, or at
// the end of the process. Thread-safe.
void JoinLater(std::thread thread,
               std::shared_ptr<const std::atomic<bool>> ended);

// Starts a thread for that. It runs `work->Run()`, lets go of the work, which
// nobody else need keep, and sets `ended`.
template <class Work>
std::thread StartForReaping(std::shared_ptr<Work> work,
                            std::shared_ptr<std::atomic<bool>> ended) {
  return std::thread(
      [work = std::move(work), ended = std::move(ended)]() mutable {
        work->Run();
        work.reset();
        ended->store(true);
      });
}

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_THREAD_REAPER_H_
