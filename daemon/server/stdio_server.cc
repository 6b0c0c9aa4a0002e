// SPDX-License-Identifier: Apache-2.0
//
// One thread with an io_context reads frames and runs the session; the model
// has its own thread (CompletionHost). Output is a queue of frames of which
// one is being written at a time. At the end what is queued is still written,
// but no longer than a second.
#include "daemon/server/stdio_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "daemon/server/lsp_session.h"
#include "daemon/terminal.h"
#include "lsp/frame.h"

namespace krait::daemon {
namespace {

namespace asio = boost::asio;
using Stream = asio::posix::stream_descriptor;

constexpr auto kUseTuple = asio::as_tuple(asio::use_awaitable);

// Writes frames in order. Send from any thread, the rest on the io thread.
class FrameWriter : public lsp::Outbox,
                    public std::enable_shared_from_this<FrameWriter> {
 public:
  FrameWriter(asio::io_context& io, int fd) : io_(&io), stream_(io, fd) {}

  void Send(std::string message) override {
    const std::lock_guard lock(mutex_);
    if (io_ == nullptr) return;
    asio::post(*io_, [self = shared_from_this(),
                      frame = lsp::Frame(message)]() mutable {
      self->Queue(std::move(frame));
    });
  }

  // Calls `drained` once nothing is queued, or writing fails.
  void OnDrained(std::function<void()> drained) {
    drained_ = std::move(drained);
    if (queue_.empty()) drained_();
  }

  bool failed() const { return failed_; }

  // From here on messages are dropped.
  void Close() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
    stream_.release();  // standard output is not ours to close
  }

 private:
  void Queue(std::string frame) {
    if (failed_) return;
    queue_.push_back(std::move(frame));
    if (queue_.size() == 1) WriteNext();
  }

  void WriteNext() {
    asio::async_write(
        stream_, asio::buffer(queue_.front()),
        [self = shared_from_this()](const boost::system::error_code& error,
                                    size_t) { self->Written(error); });
  }

  void Written(const boost::system::error_code& error) {
    if (error) {
      failed_ = true;
      queue_.clear();
    } else {
      queue_.pop_front();
    }
    if (!queue_.empty()) return WriteNext();
    if (drained_) drained_();
  }

  std::mutex mutex_;
  asio::io_context* io_;  // guarded by mutex_; null once closed
  Stream stream_;
  std::deque<std::string> queue_;  // the first is being written
  bool failed_ = false;
  std::function<void()> drained_;
};

// Asio makes descriptors non-blocking. A terminal is shared with the shell, so
// this puts it back.
class FlagsKeeper {
 public:
  explicit FlagsKeeper(int fd) : fd_(fd), flags_(fcntl(fd, F_GETFL)) {}
  ~FlagsKeeper() {
    if (flags_ != -1) (void)fcntl(fd_, F_SETFL, flags_);
  }
  FlagsKeeper(const FlagsKeeper&) = delete;
  FlagsKeeper& operator=(const FlagsKeeper&) = delete;

 private:
  int fd_;
  int flags_;
};

class StdioServer {
 public:
  StdioServer(CompletionHost::Loader loader, const CompletionOptions& options)
      : input_(io_, STDIN_FILENO),
        writer_(std::make_shared<FrameWriter>(io_, STDOUT_FILENO)),
        signals_(io_, SIGINT, SIGTERM),
        deadline_(io_),
        host_(std::move(loader),
              [this](std::function<void()> call) {
                asio::post(io_, std::move(call));
              }),
        session_(writer_, host_, options) {}

  ~StdioServer() {
    input_.release();
    writer_->Close();
  }
  StdioServer(const StdioServer&) = delete;
  StdioServer& operator=(const StdioServer&) = delete;

  int Run() {
    asio::co_spawn(io_, Read(), asio::detached);
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) End(kExitInternal);
    });
    io_.run();
    return status_.value_or(kExitInternal);
  }

 private:
  asio::awaitable<void> Read() {
    std::array<char, 65536> buffer;
    lsp::FrameReader reader;
    while (!status_) {
      const auto [error, bytes] =
          co_await input_.async_read_some(asio::buffer(buffer), kUseTuple);
      if (error) {
        if (!reader.AtBoundary()) {
          fmt::print(stderr, "krait: the input ended inside a message\n");
        }
        co_return End(kExitInternal);
      }
      const auto consumed = reader.Consume(
          {buffer.data(), bytes}, [this](const std::string& body) {
            if (status_) return;  // nothing counts after `exit`
            session_.HandleMessage(body);
            if (session_.exit_code()) End(*session_.exit_code());
          });
      if (!consumed) {
        fmt::print(stderr, "krait: {}\n", consumed.error().message);
        co_return End(kExitInternal);
      }
    }
  }

  void End(int status) {
    if (status_) return;
    status_ = status;
    deadline_.expires_after(std::chrono::seconds(1));
    deadline_.async_wait([this](const auto&) { io_.stop(); });
    // Behind the frames that were posted before.
    asio::post(io_, [this] { writer_->OnDrained([this] { io_.stop(); }); });
  }

  asio::io_context io_;
  Stream input_;
  std::shared_ptr<FrameWriter> writer_;
  asio::signal_set signals_;
  asio::steady_timer deadline_;
  std::optional<int> status_;
  CompletionHost host_;  // its thread posts to io_
  LspSession session_;
};

}  // namespace

int ServeStdio(CompletionHost::Loader loader,
               const CompletionOptions& options) {
  // A client that went away shows as an error of the write.
  (void)std::signal(SIGPIPE, SIG_IGN);
  const FlagsKeeper input(STDIN_FILENO);
  const FlagsKeeper output(STDOUT_FILENO);
  try {
    return StdioServer(std::move(loader), options).Run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "krait: {}\n", error.what());
    return kExitInternal;
  }
}

}  // namespace krait::daemon
