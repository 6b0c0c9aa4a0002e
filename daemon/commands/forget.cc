// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/forget.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <system_error>

#include "base/json_text.h"
#include "base/json_value.h"
#include "daemon/completion/generator/forget_scope.h"
#include "daemon/host/local/forget_mark.h"
#include "daemon/host/local/forget_states.h"
#include "daemon/host/local/make_generator.h"
#include "daemon/process/daemon_client.h"
#include "daemon/process/daemon_start.h"
#include "daemon/repository/index_store.h"
#include "daemon/session/acceptance_file.h"
#include "daemon/terminal.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

// Files may be known by the path that was given, or by the one without links.
completion::ForgetScope ScopeOf(const ForgetArguments& arguments) {
  if (arguments.all) return {.all = true};
  std::error_code error;
  const fs::path path =
      fs::absolute(arguments.directory, error).lexically_normal();
  completion::ForgetScope scope{.paths = {path.string()}};
  const fs::path real = fs::weakly_canonical(path, error);
  if (!error && real != path) scope.paths.push_back(real.string());
  return scope;
}

// Returns how many states the daemon has deleted; none if none runs.
base::Result<size_t> AskDaemon(const completion::ForgetScope& scope) {
  auto client = ControlClient::Connect(RuntimeEnvironment::OfProcess());
  if (!client) {
    if (client.error().code == base::ErrorCode::kNotFound) return size_t{0};
    return client.error();
  }
  const auto answer = client->Ask({.name = "forget", .scope = scope});
  if (!answer) return answer.error();
  uint32_t states = 0;
  const auto document = base::JsonDocument::Parse(*answer);
  if (!document || !base::ObjectReader(document->root())
                        .Require("states", &states)
                        .status()) {
    return base::MakeError(base::ErrorCode::kIo,
                           "the daemon could not forget: " + *answer);
  }
  return size_t{states};
}

// A daemon that runs goes on writing its log.
void EmptyLog(const fs::path& log) {
  if (log.empty()) return;
  std::error_code gone;
  fs::resize_file(log, 0, gone);
  fs::remove(log.string() + ".1", gone);
}

// Deletes the indexes of the repositories in the scope; returns how many.
size_t ForgetIndexes(const completion::ForgetScope& scope) {
  const fs::path home = StateHome();
  if (home.empty()) return 0;
  return repository::RemoveIndexes(home, [&scope](const std::string& root) {
    // Of a folder in it, too: what is of that cannot be taken out alone.
    const completion::ForgetScope repository{.paths = {root}};
    return scope.Covers(root) ||
           (!root.empty() &&
            std::ranges::any_of(scope.paths, [&](const std::string& path) {
              return repository.Covers(path);
            }));
  });
}

// What is not of one project.
void DeleteTheRest() {
  std::error_code gone;
  const fs::path counts = AcceptanceFile();
  if (!counts.empty()) fs::remove(BrokenAcceptanceFile(counts), gone);
  for (const fs::path& file : {counts, FingerprintsFile()}) {
    if (!file.empty()) fs::remove(file, gone);
  }
  const fs::path home = StateHome();
  if (!home.empty() && fs::exists(home, gone)) EmptyLog(DaemonLogFile());
}

int PrintForgotten(const ForgetArguments& arguments, size_t states,
                   size_t indexes) {
  if (arguments.json) {
    PrintLine(base::JsonText(
        boost::json::object{{"states", states}, {"indexes", indexes}}));
  } else {
    PrintLine(fmt::format("deleted {} saved states, {} indexes{}", states,
                          indexes,
                          arguments.all ? ", statistics and logs" : ""));
  }
  return FinishOutput(kExitOk);
}

}  // namespace

int RunForget(const ForgetArguments& arguments) {
  const completion::ForgetScope scope = ScopeOf(arguments);
  // First, so that nobody saves again what is deleted below.
  const base::Status marked = ForgetMark::Set(ForgetMarkFile());
  const auto by_daemon = AskDaemon(scope);
  size_t states = by_daemon ? *by_daemon : 0;
  // Those of the place where they are now, and of where they are by default.
  std::set<fs::path> directories = {arguments.loaded.config.model.state_dir};
  if (const fs::path home = StateHome(); !home.empty()) {
    directories.insert(home / "states");
  }
  for (const fs::path& directory : directories) {
    states += ForgetStates(directory, scope);
  }
  const size_t indexes = ForgetIndexes(scope);
  if (arguments.all) DeleteTheRest();
  if (!by_daemon) return ReportError(by_daemon.error());
  if (!marked) return ReportError(marked.error());
  return PrintForgotten(arguments, states, indexes);
}

}  // namespace krait::daemon
