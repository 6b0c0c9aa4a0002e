// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/daemon_connection.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "daemon/config/settings.h"
#include "daemon/io/bridge_protocol.h"
#include "daemon/log.h"
#include "lsp/frame.h"
#include "lsp/message.h"

namespace krait::daemon {

namespace asio = boost::asio;

namespace {

constexpr auto kUseTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kDrainTimeout = std::chrono::seconds(1);

}  // namespace

DaemonConnection::DaemonConnection(asio::io_context& io,
                                   base::FileDescriptor socket,
                                   DaemonCore& core,
                                   const ConnectionLimits& limits)
    : core_(core),
      limits_(limits),
      timer_(io),
      stream_(io, socket.Release()),
      writer_(
          std::make_shared<FrameWriter>(io, stream_, limits.max_unread_bytes)) {
  // A peer that went away, or reads nothing, ends the reading side, too.
  writer_->set_on_failure(
      [this] { shutdown(stream_.native_handle(), SHUT_RDWR); });
}

DaemonConnection::~DaemonConnection() {
  writer_->Close();
}

asio::awaitable<void> DaemonConnection::Serve() {
  co_await Talk();
  http_.reset();
  co_await writer_->Drain(kDrainTimeout);
  writer_->Close();
  boost::system::error_code ignored;
  stream_.close(ignored);
}

asio::awaitable<void> DaemonConnection::Talk() {
  StartTimer(limits_.of_greeting);
  const std::optional<std::string> line = co_await NextLine(kMaxGreetingBytes);
  StopTimer();
  if (!line || !Answer(*line)) co_return;
  if (purpose_ == kPurposeEditor) {
    co_await ServeEditor();
  } else {
    co_await ServeControl();
  }
}

void DaemonConnection::StartTimer(Clock::duration limit) {
  timer_.expires_after(limit);
  timer_.async_wait([weak = weak_from_this(), start = ++timer_starts_](
                        const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || self == nullptr || self->timer_starts_ != start) return;
    shutdown(self->stream_.native_handle(), SHUT_RD);
  });
}

void DaemonConnection::StopTimer() {
  ++timer_starts_;
  timer_.cancel();
}

bool DaemonConnection::Answer(const std::string& line) {
  Welcome welcome;
  if (const auto greeting = ParseGreeting(line)) {
    welcome = core_.AnswerGreeting(*greeting);
    purpose_ = greeting->purpose;
    settings_ = greeting->settings;
  } else {
    welcome.refused = kRefusedGreeting;
    welcome.reason = greeting.error().message;
  }
  SendLine(ToLine(welcome));
  return welcome.refused.empty();
}

asio::awaitable<void> DaemonConnection::ServeEditor() {
  StartSession();
  lsp::FrameReader reader;
  bool more = true;
  while (more) {
    more = Consume(&reader) && !session_->exit_code() && !ending_;
    if (more) more = co_await ReadSome();
  }
}

void DaemonConnection::StartSession() {
  Config config = core_.config();
  for (const ConfigProblem& problem : ApplySessionJson(
           settings_, SettingsSection::kOptional, "greeting", &config)) {
    WriteLog(LogLevel::kWarning, problem.message);
  }
  session_.emplace(writer_, core_.host(), core_.acceptance(), config);
}

bool DaemonConnection::Consume(lsp::FrameReader* reader) {
  const auto consumed = reader->Consume(
      received_,
      [this](const std::string& body) {
        // Nothing counts after `exit`.
        if (!session_->exit_code()) session_->HandleMessage(body);
      },
      [this](const lsp::Glimpse& glimpse) {
        session_->HandleTooLarge(glimpse);
      });
  received_.clear();
  if (!consumed) WriteLog(LogLevel::kWarning, consumed.error().message);
  return consumed.has_value();
}

asio::awaitable<void> DaemonConnection::ServeControl() {
  while (!ending_) {
    StartTimer(limits_.of_control);
    const std::optional<std::string> line = co_await NextLine(kMaxControlBytes);
    StopTimer();
    if (!line) co_return;
    const auto request = ParseControlRequest(*line);
    HandleControl(request ? *request : ControlRequest());
  }
}

void DaemonConnection::HandleControl(const ControlRequest& request) {
  if (request.name == "listen") {
    return core_.Listen(
        request.address,
        [weak = weak_from_this()](const std::string& answer, auto lease) {
          const auto self = weak.lock();
          if (self == nullptr || self->ending_) return;
          self->http_ = std::move(lease);
          self->SendLine(answer);
        });
  }
  core_.Control(request, [weak = weak_from_this()](const std::string& answer) {
    if (const auto self = weak.lock()) self->SendLine(answer);
  });
}

asio::awaitable<std::optional<std::string>> DaemonConnection::NextLine(
    size_t max_bytes) {
  bool more = true;
  while (more && received_.find('\n') == std::string::npos) {
    more = received_.size() <= max_bytes;
    if (more) more = co_await ReadSome();
  }
  const size_t end = received_.find('\n');
  if (end == std::string::npos || end > max_bytes) co_return std::nullopt;
  std::optional<std::string> line = received_.substr(0, end);
  received_.erase(0, end + 1);
  co_return line;
}

asio::awaitable<bool> DaemonConnection::ReadSome() {
  std::array<char, 65536> buffer;
  const auto [error, bytes] =
      co_await stream_.async_read_some(asio::buffer(buffer), kUseTuple);
  if (error) co_return false;
  received_.append(buffer.data(), bytes);
  co_return true;
}

void DaemonConnection::End() {
  if (std::exchange(ending_, true)) return;
  if (session_) {
    session_->FailPending(lsp::MakeError(lsp::ErrorCode::kServerCancelled,
                                         "krait's daemon was stopped"));
    writer_->Send(lsp::NotificationText(kGoodbyeMethod, {}));
  }
  // Ends the reading, and lets what is queued be written.
  shutdown(stream_.native_handle(), SHUT_RD);
}

void DaemonConnection::Abandon() {
  writer_->Close();
  session_.reset();
  http_.reset();
}

}  // namespace krait::daemon
