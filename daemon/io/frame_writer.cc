// SPDX-License-Identifier: Apache-2.0
#include "daemon/io/frame_writer.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "lsp/frame.h"

namespace krait::daemon {

namespace asio = boost::asio;

void FrameWriter::Send(std::string body) {
  SendBytes(lsp::Frame(body));
}

void FrameWriter::SendBytes(std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (io_ == nullptr) return;
  asio::post(*io_,
             [self = shared_from_this(), bytes = std::move(bytes)]() mutable {
               self->Queue(std::move(bytes));
             });
}

asio::awaitable<void> FrameWriter::Drain(std::chrono::milliseconds limit) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  // Behind what was posted before.
  co_await asio::post(timer.get_executor(), asio::use_awaitable);
  if (queue_.empty() || failed_) co_return;
  timer.expires_after(limit);
  draining_ = &timer;
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  draining_ = nullptr;
}

void FrameWriter::Close() {
  const std::lock_guard lock(mutex_);
  io_ = nullptr;
  failed_ = true;
  on_failure_ = nullptr;
}

void FrameWriter::Queue(std::string bytes) {
  if (failed_) return;
  queued_bytes_ += bytes.size();
  queue_.push_back(std::move(bytes));
  if (queue_.size() == 1) return WriteNext();
  // The one being written stays: its buffer is in use.
  if (queued_bytes_ > max_queued_bytes_) Fail();
}

void FrameWriter::WriteNext() {
  asio::async_write(
      stream_, asio::buffer(queue_.front()),
      [self = shared_from_this()](const boost::system::error_code& error,
                                  size_t) { self->Written(error); });
}

void FrameWriter::Written(const boost::system::error_code& error) {
  queued_bytes_ -= queue_.front().size();
  // A queue that was long would keep its blocks.
  queue_.pop_front();
  if (queue_.empty()) queue_.shrink_to_fit();
  if (error || failed_) return Fail();
  if (!queue_.empty()) return WriteNext();
  if (draining_ != nullptr) draining_->cancel();
}

void FrameWriter::Fail() {
  failed_ = true;
  // Nobody will read the rest. The first may be in use.
  if (queue_.size() > 1) queue_.erase(queue_.begin() + 1, queue_.end());
  if (draining_ != nullptr) draining_->cancel();
  if (const auto on_failure = std::exchange(on_failure_, nullptr)) on_failure();
}

}  // namespace krait::daemon
