// SPDX-License-Identifier: Apache-2.0
//
// The listener is the daemon's; this process holds a connection to it, with
// which the listener ends.
#include "daemon/commands/serve.h"

#include <fmt/format.h>
#include <poll.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include "base/json_text.h"
#include "base/json_value.h"
#include "daemon/config/listen_address.h"
#include "daemon/config/settings.h"
#include "daemon/io/bridge_protocol.h"
#include "daemon/io/unix_socket.h"
#include "daemon/log.h"
#include "daemon/model_lookup.h"
#include "daemon/private_process.h"
#include "daemon/process/daemon_start.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;

// What llama.cpp's clients ask unless they are told otherwise.
constexpr const char* kUsualAddress = "127.0.0.1:8012";
// A daemon ends a control connection on which nothing is said for a minute.
constexpr int kSayEveryMs = 20'000;

// A signal may come at any time.
std::atomic<bool> signalled = false;

void OnSignal(int /*signal*/) {
  signalled = true;
}

// Not to be resumed: what waits is to look.
void CatchSignals() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  (void)sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    (void)sigaction(signal, &action, nullptr);
  }
}

base::Result<std::string> AskDaemon(int daemon, const ControlRequest& request) {
  if (auto sent = WriteLine(daemon, ToLine(request)); !sent) {
    return sent.error();
  }
  return ReadLine(daemon, kMaxStatusBytes);
}

// Returns the address at which the daemon listens now.
base::Result<std::string> LetListen(int daemon, const std::string& address) {
  const auto line = AskDaemon(daemon, {.name = "listen", .address = address});
  if (!line) return line.error();
  const auto answer = base::JsonDocument::Parse(*line);
  if (!answer) return base::InText("the daemon's answer", answer.error());
  bool ok = false;
  std::string error;
  std::string listens_at;
  base::ObjectReader reader(answer->root());
  reader.Require("ok", &ok)
      .Optional("error", &error)
      .Optional("address", &listens_at);
  if (!reader.status()) {
    return base::InText("the daemon's answer", reader.status().error());
  }
  if (!ok) return MakeError(ErrorCode::kIo, error);
  return listens_at;
}

// Waits until there is a model: until then requests are answered with 503.
base::Status WaitForModel(int daemon) {
  while (!signalled) {
    const auto line = AskDaemon(daemon, {.name = "status"});
    if (!line) return line.error();
    const auto answer = base::JsonDocument::Parse(*line);
    if (!answer) return base::InText("the daemon's answer", answer.error());
    std::string state;
    std::string error;
    base::ObjectReader reader(answer->root());
    reader.RequireObject("model", [&](base::ObjectReader& model) {
      model.Require("state", &state).Optional("error", &error);
    });
    if (!reader.status()) {
      return base::InText("the daemon's answer", reader.status().error());
    }
    if (state == "failed") return MakeError(ErrorCode::kBadFile, error);
    if (state == "ready") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return {};
}

// Returns whether the daemon still runs, once someone wants this to end.
bool HoldOpen(int daemon) {
  while (!signalled) {
    pollfd socket{.fd = daemon, .events = POLLIN, .revents = 0};
    const int ready = poll(&socket, 1, kSayEveryMs);
    if (ready > 0) return false;
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && !AskDaemon(daemon, {.name = "status"})) return false;
  }
  return true;
}

std::string AddressOf(const ServeArguments& arguments) {
  if (!arguments.listen.empty()) return arguments.listen;
  const std::string& configured = arguments.loaded.config.http.listen;
  return configured.empty() ? kUsualAddress : configured;
}

}  // namespace

int RunServe(const ServeArguments& arguments) {
  KeepMemoryPrivate();
  const Config& config = arguments.loaded.config;
  bool sound = true;
  for (const ConfigProblem& problem : arguments.loaded.problems) {
    WriteLog(problem.is_error ? LogLevel::kError : LogLevel::kWarning,
             problem.message);
    if (problem.is_error && !arguments.config_file.empty()) sound = false;
  }
  if (!sound) return kExitUser;
  const auto address = ParseListenAddress(AddressOf(arguments));
  if (!address) return ReportError(address.error());
  const auto model = FindModelPathOf(config.model);
  if (!model) return ReportError(model.error());
  CatchSignals();
  WantedDaemon wish{.model = config.model,
                    .config_file = arguments.config_file,
                    .remote = config.remote,
                    .settings = base::JsonText(SessionSettings(config)),
                    .purpose = std::string(kPurposeServe)};
  wish.model.model = *model;
  const auto daemon = ConnectOrStart(wish);
  if (!daemon) return ReportError(daemon.error());
  const int socket = daemon->socket.get();
  const auto listens_at = LetListen(socket, address->Text());
  if (!listens_at) return ReportError(listens_at.error());
  if (auto ready = WaitForModel(socket); !ready) {
    return ReportError(ready.error());
  }
  PrintLine(fmt::format("krait answers at http://{}", *listens_at));
  if (!address->is_loopback()) {
    PrintLine(
        "Other machines may reach it. They need the token that `krait status "
        "--token` shows, and it is not encrypted: docs/http.md");
  }
  if (const int written = FinishOutput(kExitOk); written != kExitOk) {
    return written;
  }
  if (HoldOpen(socket)) return kExitOk;
  PrintError("the daemon has ended, and with it what it answered by HTTP");
  return kExitInternal;
}

}  // namespace krait::daemon
