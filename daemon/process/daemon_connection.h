// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_DAEMON_CONNECTION_H_
#define KRAIT_DAEMON_PROCESS_DAEMON_CONNECTION_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/file_descriptor.h"
#include "daemon/config/config.h"
#include "daemon/host/completion_host.h"
#include "daemon/io/frame_writer.h"
#include "daemon/process/greeting.h"
#include "daemon/session/acceptance_store.h"
#include "daemon/session/lsp_session.h"
#include "lsp/frame.h"

namespace krait::daemon {

// What a connection needs of the daemon that has it.
class DaemonCore {
 public:
  virtual ~DaemonCore() = default;

  virtual CompletionHost& host() = 0;
  virtual AcceptanceStore& acceptance() = 0;
  virtual const Config& config() const = 0;
  // Whether a greeting is welcome.
  virtual Welcome AnswerGreeting(const Greeting& greeting) const = 0;
  // Answers a control request with a line of JSON, now or later.
  using Answer = std::function<void(const std::string& line)>;
  virtual void Control(const ControlRequest& request, const Answer& answer) = 0;
  // Answers whether it listens for HTTP there, which it does as long as the
  // lease lives; null: it does not.
  using Listening = std::function<void(const std::string& line,
                                       std::shared_ptr<const void> lease)>;
  virtual void Listen(const std::string& address,
                      const Listening& listening) = 0;
};

// What a connection may cost. A peer that reads no answers is ended by the
// first of the two.
struct ConnectionLimits {
  size_t max_unread_bytes = FrameWriter::kMaxQueuedBytes;
  // Between two control requests. Who watches asks every second.
  std::chrono::milliseconds of_control = std::chrono::seconds(60);
  std::chrono::milliseconds of_greeting = std::chrono::seconds(5);
};

// One connection from greeting to end: an editor's session or a series of
// control requests. On the io thread only.
class DaemonConnection : public std::enable_shared_from_this<DaemonConnection> {
 public:
  using Clock = std::chrono::steady_clock;

  // `core` must outlive the connection.
  DaemonConnection(boost::asio::io_context& io, base::FileDescriptor socket,
                   DaemonCore& core, const ConnectionLimits& limits = {});
  ~DaemonConnection();
  DaemonConnection(const DaemonConnection&) = delete;
  DaemonConnection& operator=(const DaemonConnection&) = delete;

  // Returns when the connection has ended. The connection must live until
  // then.
  boost::asio::awaitable<void> Serve();

  // Ends it from the daemon's side: what waits is answered with an error, and
  // an editor's bridge is told that this is no crash.
  void End();

  // Gives back what it has of the core, as when nobody will run Serve on.
  void Abandon();

  const std::string& purpose() const { return purpose_; }
  Clock::duration age() const { return Clock::now() - begin_; }
  // Whether End was called.
  bool ending() const { return ending_; }
  // Null unless an editor's session.
  const LspSession* session() const { return session_ ? &*session_ : nullptr; }

 private:
  boost::asio::awaitable<void> Talk();
  // Ends the reading after `limit` unless StopTimer comes before.
  void StartTimer(Clock::duration limit);
  void StopTimer();
  // Answers the greeting; returns whether it is welcome.
  bool Answer(const std::string& line);
  boost::asio::awaitable<void> ServeEditor();
  void StartSession();
  // Handles the messages in received_; false if they are none.
  bool Consume(lsp::FrameReader* reader);
  boost::asio::awaitable<void> ServeControl();
  void HandleControl(const ControlRequest& request);
  // Returns the next line, or nullopt at the end or if it is too long.
  boost::asio::awaitable<std::optional<std::string>> NextLine(size_t max_bytes);
  // Adds to received_; false at the end.
  boost::asio::awaitable<bool> ReadSome();
  void SendLine(const std::string& line) { writer_->SendBytes(line + "\n"); }

  DaemonCore& core_;
  const ConnectionLimits limits_;
  const Clock::time_point begin_ = Clock::now();
  boost::asio::steady_timer timer_;
  uint64_t timer_starts_ = 0;  // and stops
  FrameWriter::Stream stream_;
  std::shared_ptr<FrameWriter> writer_;
  std::string received_;  // not yet looked at
  std::string purpose_;   // empty before the greeting
  std::string settings_;  // of the greeting
  bool ending_ = false;
  std::optional<LspSession> session_;
  std::shared_ptr<const void> http_;  // listens for HTTP
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_DAEMON_CONNECTION_H_
