// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/daemon.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/host/local/make_generator.h"
#include "daemon/private_process.h"
#include "daemon/process/daemon_endpoint.h"
#include "daemon/process/daemon_mark.h"
#include "daemon/process/daemon_server.h"
#include "daemon/terminal.h"
#include "engine/file/mapping_guard.h"
#include "engine/threads/thread_choice.h"

namespace krait::daemon {
namespace {

// Logs what is wrong with the configuration; false if it must not be used: a
// file that was named on the command line has to be right.
bool AcceptConfig(const DaemonArguments& arguments) {
  bool sound = true;
  for (const ConfigProblem& problem : arguments.loaded.problems) {
    WriteLog(problem.is_error ? LogLevel::kError : LogLevel::kWarning,
             problem.message);
    if (problem.is_error && !arguments.config_file.empty()) sound = false;
  }
  return sound;
}

// Relative paths are the starter's, whose directory is left.
std::filesystem::path Absolute(const std::filesystem::path& path) {
  if (path.empty()) return path;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute;
}

}  // namespace

int RunDaemon(const DaemonArguments& arguments) {
  KeepMemoryPrivate();
  Config config = arguments.loaded.config;
  config.model.state_dir = Absolute(config.model.state_dir);
  if (auto opened = OpenLog({.level = config.log_level,
                             .stamped = true,
                             .file = Absolute(arguments.log_file)});
      !opened) {
    return ReportError(opened.error());
  }
  if (!AcceptConfig(arguments)) return kExitUser;
  const auto model = FindModelPathOf(config.model);
  if (!model) return ReportError(model.error());
  LeaveStartersPlace();
  auto endpoint = DaemonEndpoint::Open(RuntimeEnvironment::OfProcess());
  if (!endpoint) return ReportError(endpoint.error());
  if (!*endpoint) {
    WriteLog(LogLevel::kInfo, "another daemon of this user runs already");
    return kExitOk;
  }
  WriteLog(LogLevel::kInfo, fmt::format("krait {} listens at {}", KRAIT_VERSION,
                                        (*endpoint)->socket().empty()
                                            ? "the socket of systemd"
                                            : (*endpoint)->socket().string()));
  for (const std::string& sentence : HowOthersEnded(StateHome())) {
    WriteLog(LogLevel::kWarning, sentence);
  }
  const DaemonMark mark(StateHome());
  engine::GuardMappings();
  const engine::ThreadChoice choice =
      engine::ChooseThreads(config.model.threads);
  WriteLog(LogLevel::kInfo,
           fmt::format("{} threads: {}", choice.threads, choice.why));
  ModelOptions options = config.model;
  options.model = *model;
  options.gpu.required = false;  // editors are served in any case
  return ServeDaemon(std::move(**endpoint),
                     [options] { return MakeGenerator(options); },
                     {.config = config, .model = *model});
}

}  // namespace krait::daemon
