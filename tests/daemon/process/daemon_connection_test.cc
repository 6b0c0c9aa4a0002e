// SPDX-License-Identifier: Apache-2.0
//
// A peer that does not read what it is answered.
#include "daemon/process/daemon_connection.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "lsp/frame.h"
#include "tests/daemon/fake_generator.h"

namespace krait::daemon {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

// A daemon that welcomes everybody and has a long answer to any request.
class FakeCore : public DaemonCore {
 public:
  static constexpr size_t kAnswerBytes = size_t{64} << 10;

  explicit FakeCore(asio::io_context& io)
      : host_(
            []() -> base::Result<ReadyGenerator> {
              return ReadyGenerator{
                  .generator = std::make_unique<FakeGenerator>("x"),
                  .description = std::string(kAnswerBytes, 'd')};
            },
            [&io](std::function<void()> call) {
              asio::post(io, std::move(call));
            }) {}

  CompletionHost& host() override { return host_; }
  AcceptanceStore& acceptance() override { return acceptance_; }
  const Config& config() const override { return config_; }
  Welcome AnswerGreeting(const Greeting& /*greeting*/) const override {
    return {};
  }
  void Listen(const std::string& /*address*/,
              const Listening& listening) override {
    listening(R"({"ok": true})", nullptr);
  }
  void Control(const ControlRequest& /*request*/,
               const Answer& answer) override {
    ++answers;
    answer(std::string(kAnswerBytes, 'a'));
  }

  size_t answers = 0;

 private:
  CompletionHost host_;
  AcceptanceStore acceptance_{std::filesystem::path()};
  Config config_;
};

class DaemonConnectionTest : public testing::Test {
 protected:
  static constexpr size_t kMostUnread = size_t{1} << 20;

  // As the daemon does: a peer that went away shows as an error of the write.
  static void SetUpTestSuite() { (void)std::signal(SIGPIPE, SIG_IGN); }

  void Begin(const ConnectionLimits& limits, const std::string& purpose) {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()),
              0);
    peer_ = base::FileDescriptor(ends[1]);
    fcntl(peer_.get(), F_SETFL, O_NONBLOCK);
    connection_ = std::make_shared<DaemonConnection>(
        io_, base::FileDescriptor(ends[0]), core_, limits);
    asio::co_spawn(io_, connection_->Serve(),
                   [this](const std::exception_ptr& failure) {
                     EXPECT_EQ(failure, nullptr);
                     ended_ = true;
                   });
    Greeting greeting;
    greeting.purpose = purpose;
    Send(ToLine(greeting) + "\n");
  }
  void TearDown() override {
    if (connection_ != nullptr) connection_->Abandon();
  }

  // Sends what the daemon takes of it; false if it takes no more for ever.
  bool Send(const std::string& bytes) {
    size_t sent = 0;
    while (sent < bytes.size() && !ended_) {
      const ssize_t some = send(peer_.get(), bytes.data() + sent,
                                bytes.size() - sent, MSG_NOSIGNAL);
      if (some > 0) {
        sent += static_cast<size_t>(some);
      } else if (errno != EAGAIN) {
        return false;
      }
      io_.run_for(std::chrono::milliseconds(1));
    }
    return !ended_;
  }
  // Sends the same again and again, at most `count` times, and reads nothing.
  void SendUntilTheEnd(const std::string& bytes, int count) {
    for (int i = 0; i < count && Send(bytes); ++i) {
    }
    WaitForTheEnd();
  }
  void WaitForTheEnd() {
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!ended_ && std::chrono::steady_clock::now() < deadline) {
      io_.run_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(ended_);
  }

  asio::io_context io_;
  FakeCore core_{io_};
  base::FileDescriptor peer_;
  std::shared_ptr<DaemonConnection> connection_;
  bool ended_ = false;
};

TEST_F(DaemonConnectionTest, AnEditorThatReadsNothingIsLeftAtTheBound) {
  Begin({.max_unread_bytes = kMostUnread}, "lsp");
  Send(lsp::Frame(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":
    {"capabilities":{}}})"));
  // Each answer names the model, at some length.
  SendUntilTheEnd(
      lsp::Frame(R"({"jsonrpc":"2.0","id":2,"method":"krait/status"})"),
      10'000);
}

TEST_F(DaemonConnectionTest, WhoAsksAndReadsNothingIsLeftAtTheBound) {
  Begin({.max_unread_bytes = kMostUnread}, "control");
  SendUntilTheEnd("{\"request\": \"status\"}\n", 10'000);
  // Some are in the system's hands.
  EXPECT_LT(core_.answers * FakeCore::kAnswerBytes, 4 * kMostUnread);
}

TEST_F(DaemonConnectionTest, WhoFallsSilentIsLeftAfterAWhile) {
  const auto begin = std::chrono::steady_clock::now();
  Begin({.of_control = std::chrono::milliseconds(50)}, "control");
  // More than the system takes: there is something to be read.
  for (int i = 0; i < 8; ++i) Send("{\"request\": \"status\"}\n");
  WaitForTheEnd();
  EXPECT_EQ(core_.answers, 8U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin,
            std::chrono::milliseconds(50));
}

TEST_F(DaemonConnectionTest, WhoDoesNotSayWhoItIsIsLeftAfterAWhile) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  peer_ = base::FileDescriptor(ends[1]);
  connection_ = std::make_shared<DaemonConnection>(
      io_, base::FileDescriptor(ends[0]), core_,
      ConnectionLimits{.of_greeting = std::chrono::milliseconds(20)});
  asio::co_spawn(io_, connection_->Serve(),
                 [this](const std::exception_ptr&) { ended_ = true; });
  WaitForTheEnd();
}

// A bound on what is not read is none on what is said.
TEST_F(DaemonConnectionTest, WhoReadsIsAnsweredForAsLongAsItAsks) {
  Begin({.max_unread_bytes = kMostUnread}, "control");
  const size_t wanted = 4 * kMostUnread;
  size_t read_bytes = 0;
  std::array<char, 65536> buffer{};
  while (read_bytes < wanted) {
    ASSERT_TRUE(Send("{\"request\": \"status\"}\n"));
    for (;;) {
      io_.run_for(std::chrono::milliseconds(1));
      const ssize_t some = read(peer_.get(), buffer.data(), buffer.size());
      if (some <= 0) break;
      read_bytes += static_cast<size_t>(some);
    }
  }
  EXPECT_FALSE(ended_);
}

}  // namespace
}  // namespace krait::daemon
