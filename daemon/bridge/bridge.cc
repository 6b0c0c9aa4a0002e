// SPDX-License-Identifier: Apache-2.0
#include "daemon/bridge/bridge.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <exception>
#include <memory>
#include <optional>

#include "daemon/bridge/bridge_state.h"
#include "daemon/io/frame_source.h"
#include "daemon/io/frame_writer.h"
#include "daemon/io/process_watch.h"
#include "daemon/io/standard_streams.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"
#include "lsp/frame.h"

namespace krait::daemon {
namespace {

namespace asio = boost::asio;

constexpr auto kUseTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kDrainTimeout = std::chrono::seconds(1);
// A daemon that crashes more often than this is no help.
constexpr size_t kMostCrashes = 5;
constexpr auto kCrashWindow = std::chrono::minutes(1);

// The connection to a daemon.
struct Link {
  Link(asio::io_context& io, base::FileDescriptor socket)
      : stream(io, socket.Release()),
        writer(std::make_shared<FrameWriter>(io, stream)) {
    // A daemon that reads nothing more is lost as if it had ended, which the
    // reading side then sees.
    writer->set_on_failure(
        [this] { shutdown(stream.native_handle(), SHUT_RDWR); });
  }
  ~Link() { writer->Close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  FrameWriter::Stream stream;
  std::shared_ptr<FrameWriter> writer;
};

class Bridge {
 public:
  explicit Bridge(ConnectToDaemon connect)
      : connect_(std::move(connect)),
        streams_(io_),
        editor_(std::make_shared<FrameWriter>(io_, streams_.output())),
        signals_(io_, SIGINT, SIGTERM),
        process_(io_) {}
  ~Bridge() { editor_->Close(); }
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  int Run(base::FileDescriptor daemon, const std::vector<Notice>& notices) {
    for (const auto& [type, sentence] : notices) Tell(type, sentence);
    Use(std::move(daemon));
    // An editor that reads nothing more is gone, or as good as that.
    editor_->set_on_failure([this] { End(kExitInternal); });
    // However reading ends, by an exception too, so does the bridge.
    asio::co_spawn(io_, ReadEditor(),
                   [this](const std::exception_ptr&) { End(kExitInternal); });
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) End(kExitInternal);
    });
    io_.run();
    return status_.value_or(kExitInternal);
  }

 private:
  using Clock = std::chrono::steady_clock;

  asio::awaitable<void> ReadEditor();
  asio::awaitable<void> ReadDaemon(std::shared_ptr<Link> link);
  asio::awaitable<void> Finish();

  void FromEditor(const std::string& body);
  void TooLarge(const lsp::Glimpse& glimpse);
  void FromDaemon(const std::string& body);
  void Use(base::FileDescriptor daemon);
  void Lost();
  void Reconnect();
  void Tell(lsp::MessageType type, const std::string& sentence);
  void End(int status);
  void SendToEditor(const std::vector<std::string>& bodies) {
    for (const std::string& body : bodies) editor_->Send(body);
  }

  asio::io_context io_;
  const ConnectToDaemon connect_;
  StandardStreams streams_;
  std::shared_ptr<FrameWriter> editor_;
  asio::signal_set signals_;
  ProcessWatch process_;  // the editor's
  BridgeState state_;
  std::shared_ptr<Link> link_;  // null while there is no daemon
  std::deque<Clock::time_point> crashes_;
  std::optional<int> status_;
};

// The editor's side -----------------------------------------------------------

asio::awaitable<void> Bridge::ReadEditor() {
  co_await ReadFrames(
      streams_.input(),
      [this](const std::string& body) {
        FromEditor(body);
        return !status_;
      },
      [this](const lsp::Glimpse& glimpse) { TooLarge(glimpse); });
}

void Bridge::FromEditor(const std::string& body) {
  if (status_) return;  // nothing counts after `exit`
  if (link_ == nullptr && state_.NeedsDaemon(body)) Reconnect();
  const bool forward = state_.FromEditor(body);
  if (const auto pid = state_.editor_process()) {
    (void)process_.Watch(*pid, [this] { End(kExitInternal); });
  }
  if (link_ == nullptr) {
    if (const auto answer = state_.AnswerAlone()) editor_->Send(*answer);
  } else if (forward) {
    link_->writer->Send(body);
  }
  if (state_.exit_code()) End(*state_.exit_code());
}

void Bridge::TooLarge(const lsp::Glimpse& glimpse) {
  if (status_) return;
  const BridgeState::Instead instead = state_.TooLarge(glimpse);
  SendToEditor(instead.to_editor);
  if (link_ == nullptr) return;  // a new one is told by the replay
  for (const std::string& body : instead.to_daemon) link_->writer->Send(body);
}

void Bridge::Tell(lsp::MessageType type, const std::string& sentence) {
  SendToEditor(state_.Tell(type, sentence));
}

// The daemon's side -----------------------------------------------------------

void Bridge::Use(base::FileDescriptor daemon) {
  link_ = std::make_shared<Link>(io_, std::move(daemon));
  asio::co_spawn(io_, ReadDaemon(link_), asio::detached);
}

asio::awaitable<void> Bridge::ReadDaemon(std::shared_ptr<Link> link) {
  std::array<char, 65536> buffer;
  lsp::FrameReader reader;
  for (;;) {
    const auto [error, bytes] =
        co_await link->stream.async_read_some(asio::buffer(buffer), kUseTuple);
    if (error) break;
    const auto consumed =
        reader.Consume({buffer.data(), bytes},
                       [this](const std::string& body) { FromDaemon(body); });
    if (!consumed) break;
  }
  if (link == link_ && !status_) Lost();
}

void Bridge::FromDaemon(const std::string& body) {
  if (state_.FromDaemon(body)) editor_->Send(body);
  SendToEditor(state_.TakeUntold());
}

void Bridge::Lost() {
  link_.reset();
  const bool on_purpose = state_.goodbye();
  SendToEditor(state_.Lose());
  if (on_purpose) return;
  const auto now = Clock::now();
  crashes_.push_back(now);
  while (now - crashes_.front() > kCrashWindow) crashes_.pop_front();
  if (crashes_.size() > kMostCrashes) {
    Tell(lsp::MessageType::kError,
         fmt::format("krait's daemon ended {} times within a minute",
                     crashes_.size()));
    return End(kExitInternal);
  }
  Tell(lsp::MessageType::kInfo, "krait's daemon ended; another takes over");
  Reconnect();
}

void Bridge::Reconnect() {
  auto daemon = connect_();
  if (!daemon) {
    Tell(lsp::MessageType::kError,
         fmt::format("krait's daemon is gone: {}", daemon.error().message));
    return End(kExitInternal);
  }
  Use(std::move(*daemon));
  for (const std::string& body : state_.Replay()) link_->writer->Send(body);
}

// The end ---------------------------------------------------------------------

void Bridge::End(int status) {
  if (status_) return;
  status_ = status;
  asio::co_spawn(io_, Finish(), asio::detached);
}

asio::awaitable<void> Bridge::Finish() {
  if (link_ != nullptr) co_await link_->writer->Drain(kDrainTimeout);
  co_await editor_->Drain(kDrainTimeout);
  io_.stop();
}

}  // namespace

int RunBridge(base::FileDescriptor daemon, ConnectToDaemon connect,
              const std::vector<Notice>& notices) {
  // A peer that went away shows as an error of the write.
  (void)std::signal(SIGPIPE, SIG_IGN);
  try {
    return Bridge(std::move(connect)).Run(std::move(daemon), notices);
  } catch (const std::exception& error) {
    PrintError(error.what());
    return kExitInternal;
  }
}

}  // namespace krait::daemon
