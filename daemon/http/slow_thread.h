// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_SLOW_THREAD_H_
#define KRAIT_DAEMON_HTTP_SLOW_THREAD_H_

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

namespace krait::daemon {

// Runs what may take long (reading a repository, files on a slow disk), one
// after the other, on a thread of its own that nobody waits for. All calls on
// the io thread.
class SlowThread {
 public:
  // `io` must outlive it.
  SlowThread(boost::asio::io_context& io, size_t most_waiting);
  // What runs goes on until it ends; it must own all that it needs.
  ~SlowThread();
  SlowThread(const SlowThread&) = delete;
  SlowThread& operator=(const SlowThread&) = delete;

  // Runs `work` on the thread and then `done` on the io thread, unless this is
  // gone by then. False: so many wait that it is not taken.
  bool Run(std::function<void()> work, std::function<void()> done);

 private:
  struct Shared;
  boost::asio::io_context& io_;
  const size_t most_waiting_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::shared_ptr<Shared> shared_;  // null: no thread yet
  std::thread thread_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_SLOW_THREAD_H_
