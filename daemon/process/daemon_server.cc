// SPDX-License-Identifier: Apache-2.0
//
// One thread with an io_context runs all connections, each a coroutine; the
// model has its own thread (CompletionHost).
//
// Stopping: nobody new is accepted and the socket goes; every connection is
// told and answers what waits; then the model's thread saves its states. The
// lock of the endpoint is kept until then, so that a successor reads what was
// saved. Draining gives the lock away at once, as it may last for hours.
//
// The runtime directory may go under a running daemon: a logout removes it. So
// it is looked at now and then, and made again; where another daemon is by
// then, this one serves its editors to their end.
#include "daemon/process/daemon_server.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

#include "base/json_text.h"
#include "base/memory_budget.h"
#include "daemon/descriptor_limit.h"
#include "daemon/host/remote/routing_generator.h"
#include "daemon/http/server.h"
#include "daemon/io/bridge_protocol.h"
#include "daemon/io/unix_socket.h"
#include "daemon/log.h"
#include "daemon/memory_limit.h"
#include "daemon/process/daemon_connection.h"
#include "daemon/session/acceptance_file.h"
#include "daemon/session/daemon_status.h"
#include "daemon/terminal.h"
#include "engine/model/model_stamp.h"

namespace krait::daemon {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::local::stream_protocol::acceptor;

constexpr size_t kMaxEditors = 64;
// Of all kinds together; and of those that have not said what they are. One
// more takes the place of the oldest that is no editor's.
constexpr size_t kMaxConnections = 128;
constexpr size_t kMaxPending = 32;
// An editor has one; who runs many sessions, some.
constexpr size_t kMaxOfProcess = 16;
// No crash costs more than the statistics of so long.
constexpr auto kSaveEvery = std::chrono::minutes(1);
constexpr auto kStopTimeout = std::chrono::seconds(3);
// How often to look whether the socket is still there: two system calls.
constexpr auto kLookEvery = std::chrono::seconds(2);
constexpr auto kSaveWhenIdleFor = std::chrono::seconds(30);
// How long a daemon without a model stays for those who want to know why.
constexpr auto kStayWithoutModel = std::chrono::seconds(5);

// Beside those of programs that speak HTTP there are editors' connections, open
// files and the model's: they find a place whatever the others do.
constexpr size_t kOwnDescriptors = 512;

HttpLimits HttpLimitsHere() {
  HttpLimits limits;
  const size_t most =
      RaiseDescriptorLimit(limits.connections + kOwnDescriptors);
  limits.connections =
      std::min(limits.connections,
               std::max(most, 2 * kOwnDescriptors) - kOwnDescriptors);
  return limits;
}

HttpOptions HttpOptionsOf(const Config& config) {
  return {.token_always = config.http.token_always,
          .origins = config.http.allowed_origins,
          .window = config.completion.limits,
          .file_memory = config.completion.file_memory,
          .repositories = {.state_home = StateHome(),
                           .rules = config.rules.files,
                           .encoder = std::make_shared<LazyEncoder>(
                               config.repository.embedding_model)},
          .limits = HttpLimitsHere()};
}

class DaemonServer : public DaemonCore {
 public:
  DaemonServer(DaemonEndpoint endpoint, CompletionHost::Loader loader,
               DaemonOptions options)
      : endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        of_systemd_(endpoint_.socket().empty()),
        acceptor_(io_, asio::local::stream_protocol(),
                  endpoint_.TakeListener().Release()),
        signals_(io_, SIGINT, SIGTERM),
        idle_(io_),
        save_(io_),
        look_(io_),
        stop_deadline_(io_),
        elsewhere_(MakeEngineElsewhere(options_.config.remote)),
        host_(
            WithEngineElsewhere(std::move(loader), elsewhere_),
            [this](std::function<void()> call) {
              asio::post(io_, std::move(call));
            },
            kSaveWhenIdleFor,
            [model = options_.model] { return engine::StampModel(model); },
            ProcessMemoryBudget(options_.config.model.state_bytes), elsewhere_),
        acceptance_(options_.config.statistics ? AcceptanceFile()
                                               : std::filesystem::path()),
        http_(io_, host_, HttpOptionsOf(options_.config)) {}

  int Run() {
    host_.WhenLoaded([this](const auto& loaded) { OnLoaded(loaded); });
    host_.WhenReloaded(alive_,
                       [this](const auto& loaded) { OnLoaded(loaded); });
    asio::co_spawn(io_, Accept(), asio::detached);
    ListenAsConfigured();
    WaitForSignal();
    StartIdleTimer();
    StartSaving();
    LookForPlace();
    RunIo();
    // Their coroutines go with io_, after the host.
    for (const auto& [id, connection] : connections_) connection->Abandon();
    return kExitOk;
  }

  CompletionHost& host() override { return host_; }
  AcceptanceStore& acceptance() override { return acceptance_; }
  const Config& config() const override { return options_.config; }
  Welcome AnswerGreeting(const Greeting& greeting) const override;
  void Control(const ControlRequest& request, const Answer& answer) override;
  void Listen(const std::string& address, const Listening& listening) override;

 private:
  void ListenAsConfigured();
  void RunIo();
  asio::awaitable<void> Accept();
  void Admit(base::FileDescriptor socket);
  bool MakeRoom(pid_t process);
  // Ends the oldest connection that is no editor's, or one that has not said
  // what it is; false: there is none.
  bool EndOldest(bool pending_only);
  size_t CountEditors() const;
  void Remove(uint64_t id);
  void OnLoaded(const base::Result<std::string>& loaded);
  void WaitForSignal();
  void StartIdleTimer();
  void StartSaving();
  void LookForPlace();
  void TakePlaceAgain();
  void StopAccepting();
  void Stop(const std::string& why);
  void Drain();
  void StartDraining();
  DaemonStatus Status() const;

  asio::io_context io_;
  DaemonEndpoint endpoint_;
  const DaemonOptions options_;
  const bool of_systemd_;
  Acceptor acceptor_;
  asio::signal_set signals_;
  asio::steady_timer idle_;
  asio::steady_timer save_;
  asio::steady_timer look_;
  asio::steady_timer stop_deadline_;
  bool stopping_ = false;
  bool draining_ = false;
  uint64_t next_connection_ = 1;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  const std::shared_ptr<remote::Engine> elsewhere_;  // null: nothing is
  CompletionHost host_;                              // its thread posts to io_
  AcceptanceStore acceptance_;
  HttpServer http_;
  std::shared_ptr<const void> http_lease_;  // of the configuration
  std::map<uint64_t, std::shared_ptr<DaemonConnection>> connections_;
  std::map<uint64_t, pid_t> processes_;  // at their other ends
};

// Who was being served when memory ran short loses the connection, which a
// bridge makes again; the others stay.
void DaemonServer::RunIo() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::bad_alloc&) {
      malloc_trim(0);
    } catch (const std::system_error&) {  // no thread could be made
      malloc_trim(0);
    }
    try {
      WriteLog(LogLevel::kError, "out of memory");
    } catch (const std::bad_alloc&) {
      // Those that are served next give some back.
    }
  }
}

// Connections -----------------------------------------------------------------

asio::awaitable<void> DaemonServer::Accept() {
  asio::steady_timer pause(io_);
  while (acceptor_.is_open()) {
    auto [error, socket] =
        co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (!acceptor_.is_open()) co_return;
    // The acceptor has another socket by now.
    if (error == asio::error::operation_aborted) continue;
    if (error) {
      // Out of descriptors or memory: others will give theirs back.
      WriteLog(LogLevel::kWarning,
               fmt::format("accepting a connection: {}", error.message()));
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    boost::system::error_code ignored;
    Admit(base::FileDescriptor(socket.release(ignored)));
  }
}

void DaemonServer::Admit(base::FileDescriptor socket) {
  if (!PeerIsThisUser(socket.get())) {
    WriteLog(LogLevel::kWarning, "refused a connection of another user");
    return;
  }
  const pid_t process = PeerOf(socket.get());
  if (!MakeRoom(process)) return;
  const uint64_t id = next_connection_++;
  auto connection =
      std::make_shared<DaemonConnection>(io_, std::move(socket), *this);
  connections_[id] = connection;
  processes_[id] = process;
  idle_.cancel();
  WriteLog(LogLevel::kDebug, fmt::format("connection {} begins", id));
  asio::co_spawn(io_, connection->Serve(),
                 [this, id, connection](const std::exception_ptr& failure) {
                   if (failure) {
                     WriteLog(LogLevel::kError,
                              fmt::format("connection {} failed", id));
                   }
                   Remove(id);
                 });
}

bool DaemonServer::MakeRoom(pid_t process) {
  const auto of_process = std::ranges::count_if(
      processes_,
      [process](const auto& entry) { return entry.second == process; });
  if (process != 0 && std::cmp_greater_equal(of_process, kMaxOfProcess)) {
    WriteLog(LogLevel::kWarning,
             fmt::format("process {} has {} connections already", process,
                         of_process));
    return false;
  }
  const auto pending = std::ranges::count_if(connections_, [](const auto& it) {
    return it.second->purpose().empty() && !it.second->ending();
  });
  if (std::cmp_greater_equal(pending, kMaxPending)) (void)EndOldest(true);
  if (connections_.size() < kMaxConnections) return true;
  // Those that are ending go within a second.
  return connections_.size() < 2 * kMaxConnections && EndOldest(false);
}

bool DaemonServer::EndOldest(bool pending_only) {
  for (const auto& [id, connection] : connections_) {
    if (connection->ending() || connection->purpose() == kPurposeEditor ||
        connection->purpose() == kPurposeServe) {
      continue;
    }
    if (pending_only && !connection->purpose().empty()) continue;
    connection->End();
    return true;
  }
  return false;
}

size_t DaemonServer::CountEditors() const {
  return static_cast<size_t>(
      std::ranges::count_if(connections_, [](const auto& entry) {
        return entry.second->purpose() == kPurposeEditor;
      }));
}

void DaemonServer::Remove(uint64_t id) {
  WriteLog(LogLevel::kDebug, fmt::format("connection {} ends", id));
  connections_.erase(id);
  processes_.erase(id);
  if (!connections_.empty()) return;
  if (stopping_) return io_.stop();
  if (draining_) return Stop("the last connection has ended");
  StartIdleTimer();
}

Welcome DaemonServer::AnswerGreeting(const Greeting& greeting) const {
  Welcome welcome{
      .pid = getpid(),
      .threads = static_cast<int64_t>(options_.config.model.threads)};
  const auto refuse = [&welcome](std::string_view code, std::string reason) {
    welcome.refused = code;
    welcome.reason = std::move(reason);
    return welcome;
  };
  if (greeting.purpose == kPurposeControl) return welcome;
  if (greeting.purpose != kPurposeEditor && greeting.purpose != kPurposeServe) {
    return refuse(
        kRefusedGreeting,
        fmt::format("greeting: purpose: expected \"{}\", \"{}\" or \"{}\"",
                    kPurposeEditor, kPurposeControl, kPurposeServe));
  }
  if (greeting.protocol != kProtocolVersion ||
      greeting.version != KRAIT_VERSION) {
    return refuse(kRefusedVersion,
                  fmt::format("the running daemon is krait {}", KRAIT_VERSION));
  }
  if (greeting.model != options_.model) {
    return refuse(kRefusedModel, fmt::format("the running daemon's model is {}",
                                             options_.model));
  }
  if (CountEditors() >= kMaxEditors || stopping_) {
    return refuse(
        kRefusedBusy,
        fmt::format("the running daemon takes {} editors", kMaxEditors));
  }
  return welcome;
}

void DaemonServer::Control(const ControlRequest& request,
                           const Answer& answer) {
  namespace json = boost::json;
  if (request.name == "status") {
    return answer(base::JsonText(StatusToJson(Status(), host_, acceptance_)));
  }
  if (request.name == "forget") {
    if (request.scope.all) acceptance_.Clear();
    return host_.Forget(request.scope, [answer](size_t states) {
      answer(base::JsonText(json::object{{"ok", true}, {"states", states}}));
    });
  }
  if (request.name == "stop") {
    asio::post(io_, [this] { Stop("asked to"); });
  } else if (request.name == "drain") {
    asio::post(io_, [this] { Drain(); });
  } else {
    return answer(
        base::JsonText(json::object{{"ok", false},
                                    {"error",
                                     "request: expected \"status\", \"stop\", "
                                     "\"drain\", \"forget\" or \"listen\""}}));
  }
  answer(base::JsonText(json::object{{"ok", true}}));
}

void DaemonServer::Listen(const std::string& text, const Listening& listening) {
  namespace json = boost::json;
  const auto refuse = [listening](const base::Error& error) {
    listening(
        base::JsonText(json::object{{"ok", false}, {"error", error.message}}),
        nullptr);
  };
  const auto address = ParseListenAddress(text);
  if (!address) return refuse(address.error());
  http_.Listen(*address, [listening, refuse](auto result) {
    if (!result) return refuse(result.error());
    listening(base::JsonText(
                  json::object{{"ok", true}, {"address", result->address}}),
              std::move(result->lease));
  });
}

void DaemonServer::ListenAsConfigured() {
  const auto address = ParseListenAddress(options_.config.http.listen);
  if (!address) return;  // there is none, or the log says what is wrong
  http_.Listen(*address, [this](auto result) {
    if (result) {
      http_lease_ = std::move(result->lease);
      idle_.cancel();
    } else {
      WriteLog(LogLevel::kError, "http.listen: " + result.error().message);
    }
  });
}

DaemonStatus DaemonServer::Status() const {
  DaemonStatus status{.model = options_.model,
                      .draining = draining_,
                      .http = http_.addresses(),
                      .http_connections = http_.num_connections(),
                      .connections = {}};
  for (const auto& [id, connection] : connections_) {
    ConnectionStatus& one = status.connections.emplace_back();
    one.id = id;
    one.purpose = connection->purpose();
    one.age = connection->age();
    if (const LspSession* session = connection->session()) {
      one.session = session->status();
    }
  }
  return status;
}

// Life cycle ------------------------------------------------------------------

void DaemonServer::OnLoaded(const base::Result<std::string>& loaded) {
  if (loaded) {
    return WriteLog(LogLevel::kInfo, fmt::format("ready: {}", *loaded));
  }
  WriteLog(LogLevel::kError, loaded.error().message);
  if (connections_.empty()) StartIdleTimer();
}

void DaemonServer::WaitForSignal() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    if (stopping_) return io_.stop();
    Stop("a signal");
    WaitForSignal();
  });
}

void DaemonServer::StartIdleTimer() {
  std::chrono::milliseconds patience = options_.config.idle_exit;
  const bool no_model = host_.loaded() && !*host_.loaded();
  if (no_model) patience = kStayWithoutModel;
  // Programs come when they like.
  const bool awaits_programs = http_lease_ != nullptr && !no_model;
  if (patience.count() == 0 || awaits_programs) return;
  idle_.expires_after(patience);
  idle_.async_wait([this](const boost::system::error_code& error) {
    if (error || !connections_.empty()) return;
    if (http_lease_ != nullptr && host_.loaded() && *host_.loaded()) return;
    Stop("nobody is connected");
  });
}

void DaemonServer::StartSaving() {
  save_.expires_after(kSaveEvery);
  save_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    acceptance_.Save();
    StartSaving();
  });
}

void DaemonServer::LookForPlace() {
  if (of_systemd_) return;
  look_.expires_after(kLookEvery);
  look_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopping_ || draining_) return;
    if (!endpoint_.IsFound()) TakePlaceAgain();
    if (!draining_) LookForPlace();
  });
}

void DaemonServer::TakePlaceAgain() {
  const auto reopened = endpoint_.Reopen();
  if (reopened) {
    WriteLog(LogLevel::kWarning,
             fmt::format("{} was removed: listening there again",
                         endpoint_.socket().string()));
    boost::system::error_code ignored;
    acceptor_.close(ignored);  // Accept goes on with the new one
    acceptor_.assign(asio::local::stream_protocol(),
                     endpoint_.TakeListener().Release());
    return;
  }
  WriteLog(LogLevel::kWarning,
           fmt::format("{} was removed: ending with the last connection ({})",
                       endpoint_.socket().string(), reopened.error().message));
  StartDraining();
  if (connections_.empty()) Stop("nobody can connect any more");
}

void DaemonServer::StopAccepting() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  endpoint_.Close();
  http_.Drain();
  http_lease_.reset();
}

void DaemonServer::Stop(const std::string& why) {
  if (std::exchange(stopping_, true)) return;
  WriteLog(LogLevel::kInfo, fmt::format("stopping: {}", why));
  StopAccepting();
  http_.Stop();
  idle_.cancel();
  if (connections_.empty()) return io_.stop();
  for (const auto& [id, connection] : connections_) connection->End();
  stop_deadline_.expires_after(kStopTimeout);
  stop_deadline_.async_wait([this](const auto&) { io_.stop(); });
}

void DaemonServer::Drain() {
  // systemd's socket stays, and only a process that ends makes room for the
  // next; editors' bridges bring their sessions to that.
  if (of_systemd_) return Stop("a newer krait takes over");
  if (draining_ || stopping_) return;
  WriteLog(LogLevel::kInfo, "draining: a newer krait takes over");
  // The connection that asked is there; its end ends the daemon if no other
  // is left.
  StartDraining();
}

void DaemonServer::StartDraining() {
  draining_ = true;
  StopAccepting();
  endpoint_.Release();
  // Who only listens is of this version, and not of the next.
  for (const auto& [id, connection] : connections_) {
    if (connection->purpose() == kPurposeServe) connection->End();
  }
}

}  // namespace

int ServeDaemon(DaemonEndpoint endpoint, CompletionHost::Loader loader,
                DaemonOptions options) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  // One for each thread would hold on to what that thread ever needed.
  (void)mallopt(M_ARENA_MAX, 4);
  try {
    return DaemonServer(std::move(endpoint), std::move(loader),
                        std::move(options))
        .Run();
  } catch (const std::exception& error) {
    WriteLog(LogLevel::kError, error.what());
    return kExitInternal;
  }
}

}  // namespace krait::daemon
