// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_IO_PROCESS_WATCH_H_
#define KRAIT_DAEMON_IO_PROCESS_WATCH_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace krait::daemon {

// Notices the end of another process. Its pipes alone do not show it: a child
// that it left behind may hold their other ends. On the io thread only.
class ProcessWatch {
 public:
  explicit ProcessWatch(boost::asio::io_context& io) : io_(io), timer_(io) {}
  ~ProcessWatch() { *alive_ = false; }
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  // Calls `on_end` once when the process ends. Returns false if there is none,
  // as where the editor runs in another container, whose processes have other
  // numbers. Watches one process; once it does, further calls do nothing.
  bool Watch(int64_t pid, std::function<void()> on_end);

  // Where the system does not tell, it is asked so often.
  static constexpr auto kAskEvery = std::chrono::seconds(2);

 private:
  void Ask(int64_t pid);
  void Ended();

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> descriptor_;
  std::function<void()> on_end_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_IO_PROCESS_WATCH_H_
