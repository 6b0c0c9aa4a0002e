// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/delayed_calls.h"

#include <utility>

namespace krait::daemon {

DelayedCalls::~DelayedCalls() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void DelayedCalls::After(std::chrono::milliseconds delay, Call call) {
  {
    const std::lock_guard lock(mutex_);
    calls_.emplace(Clock::now() + delay, std::move(call));
  }
  changed_.notify_one();
  if (!thread_.joinable()) thread_ = std::thread([this] { Wait(); });
}

void DelayedCalls::Wait() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (calls_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = calls_.begin();
    if (first->first > Clock::now()) {
      changed_.wait_until(lock, Clock::time_point(first->first));
      continue;
    }
    post_([weak = std::weak_ptr(alive_), call = std::move(first->second)] {
      if (!weak.expired()) call();
    });
    calls_.erase(first);
  }
}

}  // namespace krait::daemon
