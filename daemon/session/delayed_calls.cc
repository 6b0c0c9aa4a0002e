// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/delayed_calls.h"

#include <new>

namespace krait::daemon {
namespace {

// Before it is tried again.
constexpr std::chrono::milliseconds kPauseWithoutMemory{100};

}  // namespace

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
    try {
      post_([weak = std::weak_ptr(alive_), call = first->second] {
        if (!weak.expired()) call();
      });
      calls_.erase(first);
    } catch (const std::bad_alloc&) {
      changed_.wait_for(lock, kPauseWithoutMemory);
    }
  }
}

}  // namespace krait::daemon
