// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_DELAYED_CALLS_H_
#define KRAIT_DAEMON_SESSION_DELAYED_CALLS_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace krait::daemon {

// Calls that come after a while, on the owner's thread; none comes once this
// is gone. Its own thread, which only waits, begins with the first call.
//
// All calls on the owner's thread.
class DelayedCalls {
 public:
  using Call = std::function<void()>;
  using PostToOwner = std::function<void(Call)>;

  explicit DelayedCalls(PostToOwner post) : post_(std::move(post)) {}
  ~DelayedCalls();
  DelayedCalls(const DelayedCalls&) = delete;
  DelayedCalls& operator=(const DelayedCalls&) = delete;

  void After(std::chrono::milliseconds delay, Call call);

 private:
  using Clock = std::chrono::steady_clock;

  void Wait();

  const PostToOwner post_;
  // Held weakly by what was posted.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, Call> calls_;  // guarded by mutex_
  bool ending_ = false;                           // guarded by mutex_
  std::thread thread_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_DELAYED_CALLS_H_
