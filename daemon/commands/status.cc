// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "base/json_text.h"
#include "daemon/commands/status_text.h"
#include "daemon/http/token_file.h"
#include "daemon/process/daemon_client.h"
#include "daemon/session/acceptance_file.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"

namespace krait::daemon {
namespace {

constexpr auto kStopTimeout = std::chrono::seconds(20);

// One that is there and does not answer is no answer to give to scripts that
// wait for its end.
int SaySilent(const std::string& sentence, bool json) {
  PrintError(sentence);
  if (json) {
    PrintLine(base::JsonText(boost::json::object{
        {"running", true}, {"responding", false}, {"error", sentence}}));
  }
  return FinishOutput(kExitInternal);
}

int SayNotRunning(const base::Error& error, bool json) {
  // Anything but its absence is worth a look.
  if (error.code != base::ErrorCode::kNotFound) {
    const auto silent = FindSilentDaemon(RuntimeEnvironment::OfProcess());
    if (silent) return SaySilent(*silent, json);
    (void)ReportError(error);
  }
  if (json) {
    PrintLine(R"({"running": false})");
  } else {
    PrintLine("no daemon is running");
  }
  return FinishOutput(kExitInternal);
}

base::Result<boost::json::object> AskStatus(ControlClient* client) {
  const auto answer = client->Ask("status");
  if (!answer) return answer.error();
  const boost::json::value status = base::JsonOf(*answer);
  if (!status.is_object()) {
    return base::MakeError(base::ErrorCode::kIo,
                           "status: expected a JSON object from the daemon");
  }
  return status.get_object();
}

base::Status PrintStatus(ControlClient* client, bool json, bool clear) {
  const auto status = AskStatus(client);
  if (!status) return status.error();
  if (json) {
    PrintLine(base::JsonText(*status));
    return {};
  }
  if (clear) Print("\x1b[H\x1b[2J");
  Print(StatusText(*status));
  return {};
}

// Of the daemon, which has counted since it last saved; else of the file.
base::Result<boost::json::object> AskStatistics() {
  auto client = ControlClient::Connect(RuntimeEnvironment::OfProcess());
  if (client) {
    const auto status = AskStatus(&*client);
    if (!status) return status.error();
    const auto* statistics = status->if_contains("statistics");
    if (statistics != nullptr && statistics->is_object()) {
      return statistics->get_object();
    }
  }
  const auto table = ReadAcceptanceFile(AcceptanceFile());
  if (table) return ToJson(*table);
  if (table.error().code != base::ErrorCode::kBadFile) return table.error();
  // Nothing that the user could mend, or has to.
  PrintError(
      fmt::format("{}; the next daemon keeps it as {} and begins anew",
                  table.error().message,
                  BrokenAcceptanceFile(AcceptanceFile()).filename().string()));
  return ToJson(AcceptanceTable{});
}

int RunStatistics(const StatusArguments& arguments) {
  const auto statistics = AskStatistics();
  if (!statistics) return ReportError(statistics.error());
  if (arguments.json) {
    PrintLine(base::JsonText(*statistics));
  } else {
    Print(StatisticsText(*statistics));
  }
  return FinishOutput(kExitOk);
}

int PrintToken() {
  const auto token = ReadOrMakeToken(TokenFile());
  if (!token) return ReportError(token.error());
  PrintLine(*token);
  return FinishOutput(kExitOk);
}

}  // namespace

int RunStatus(const StatusArguments& arguments) {
  if (arguments.stats) return RunStatistics(arguments);
  if (arguments.token) return PrintToken();
  auto client = ControlClient::Connect(RuntimeEnvironment::OfProcess());
  if (!client) return SayNotRunning(client.error(), arguments.json);
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  for (;;) {
    const auto printed =
        PrintStatus(&*client, arguments.json, arguments.watch && terminal);
    if (!printed && arguments.watch) {
      return SayNotRunning(printed.error(), arguments.json);
    }
    if (!printed) return ReportError(printed.error());
    const int written = FinishOutput(kExitOk);
    if (!arguments.watch || written != kExitOk) return written;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

int RunStop(const StopArguments&) {
  const auto env = RuntimeEnvironment::OfProcess();
  auto client = ControlClient::Connect(env);
  if (!client) {
    if (client.error().code != base::ErrorCode::kNotFound) {
      const auto silent = FindSilentDaemon(env);
      return silent ? SaySilent(*silent, /*json=*/false)
                    : ReportError(client.error());
    }
    PrintLine("no daemon is running");
    return FinishOutput(kExitOk);
  }
  // Before it is told: its number may be another's afterwards.
  const WatchedProcess process(client->daemon().pid);
  if (const auto answer = client->Ask("stop"); !answer) {
    return ReportError(answer.error());
  }
  if (!process.WaitForEnd(kStopTimeout)) {
    PrintError(
        fmt::format("the daemon (process {}) was told to stop and still runs",
                    client->daemon().pid));
    return kExitInternal;
  }
  PrintLine(
      fmt::format("stopped the daemon (process {})", client->daemon().pid));
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
