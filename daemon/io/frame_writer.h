// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_IO_FRAME_WRITER_H_
#define KRAIT_DAEMON_IO_FRAME_WRITER_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "lsp/outbox.h"

namespace krait::daemon {

// Writes messages to a stream in order, one at a time. What a peer does not
// read is kept up to a bound; beyond it the connection counts as broken.
//
// Send from any thread, the rest on the io thread.
class FrameWriter : public lsp::Outbox,
                    public std::enable_shared_from_this<FrameWriter> {
 public:
  using Stream = boost::asio::posix::stream_descriptor;
  // The largest message, and then some. There may be one such queue for each
  // connection.
  static constexpr size_t kMaxQueuedBytes = size_t{80} << 20;

  // `stream` must outlive the writer's Close.
  FrameWriter(boost::asio::io_context& io, Stream& stream,
              size_t max_queued_bytes = kMaxQueuedBytes)
      : io_(&io), stream_(stream), max_queued_bytes_(max_queued_bytes) {}

  void Send(std::string body) override;
  // Bytes as they are, for what is no frame.
  void SendBytes(std::string bytes);

  // Returns once nothing is queued, writing has failed, or time is up.
  boost::asio::awaitable<void> Drain(std::chrono::milliseconds limit);

  // Called once when writing fails.
  void set_on_failure(std::function<void()> on_failure) {
    on_failure_ = std::move(on_failure);
  }
  bool failed() const { return failed_; }

  // From here on messages are dropped.
  void Close();

 private:
  void Queue(std::string bytes);
  void WriteNext();
  void Written(const boost::system::error_code& error);
  void Fail();

  std::mutex mutex_;
  boost::asio::io_context* io_;  // guarded by mutex_; null once closed
  Stream& stream_;
  const size_t max_queued_bytes_;
  std::deque<std::string> queue_;  // the first is being written
  size_t queued_bytes_ = 0;
  bool failed_ = false;
  std::function<void()> on_failure_;
  boost::asio::steady_timer* draining_ = nullptr;  // of Drain, while it waits
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_IO_FRAME_WRITER_H_
