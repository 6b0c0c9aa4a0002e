// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/slow_thread.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "daemon/session/thread_reaper.h"

namespace krait::daemon {

// What the thread needs, which may outlive the rest. While it runs, nothing
// but its own end stops it from posting: `io` is asked for under the lock.
struct SlowThread::Shared {
  struct Waiting {
    std::function<void()> work;
    std::function<void()> done;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Waiting> waiting;            // guarded by mutex
  boost::asio::io_context* io = nullptr;  // guarded by mutex; null: end
  std::weak_ptr<bool> alive;
  const std::shared_ptr<std::atomic<bool>> ended =
      std::make_shared<std::atomic<bool>>(false);

  void Run() {
    while (auto next = Next()) {
      next->work();
      const std::lock_guard lock(mutex);
      if (io == nullptr) return;
      boost::asio::post(*io,
                        [done = std::move(next->done), alive_then = alive] {
                          if (!alive_then.expired()) done();
                        });
    }
  }

  std::optional<Waiting> Next() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return io == nullptr || !waiting.empty(); });
    if (io == nullptr) return std::nullopt;
    Waiting next = std::move(waiting.front());
    waiting.pop_front();
    return next;
  }
};

SlowThread::SlowThread(boost::asio::io_context& io, size_t most_waiting)
    : io_(io), most_waiting_(most_waiting) {}

SlowThread::~SlowThread() {
  if (shared_ == nullptr) return;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->io = nullptr;
    shared_->waiting.clear();
    shared_->changed.notify_one();
  }
  JoinLater(std::move(thread_), shared_->ended);
}

bool SlowThread::Run(std::function<void()> work, std::function<void()> done) {
  if (shared_ == nullptr) {
    shared_ = std::make_shared<Shared>();
    shared_->io = &io_;
    shared_->alive = alive_;
    thread_ = StartForReaping(shared_, shared_->ended);
  }
  const std::lock_guard lock(shared_->mutex);
  if (shared_->waiting.size() >= most_waiting_) return false;
  shared_->waiting.push_back({std::move(work), std::move(done)});
  shared_->changed.notify_one();
  return true;
}

}  // namespace krait::daemon
