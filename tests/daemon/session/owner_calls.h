// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_SESSION_OWNER_CALLS_H_
#define KRAIT_TESTS_DAEMON_SESSION_OWNER_CALLS_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace krait::daemon {

// Makes the test's thread the owner of a CompletionHost: calls wait until the
// test runs them.
class OwnerCalls {
 public:
  std::function<void(std::function<void()>)> Poster() {
    return [this](std::function<void()> call) {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
      changed_.notify_one();
    };
  }

  // Waits for a call and runs it.
  void RunOne() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !calls_.empty(); });
    const auto call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    call();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
};

}  // namespace krait::daemon

#endif  // KRAIT_TESTS_DAEMON_SESSION_OWNER_CALLS_H_
