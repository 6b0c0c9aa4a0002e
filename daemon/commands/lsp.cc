// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/lsp.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/bridge/bridge.h"
#include "daemon/config/settings.h"
#include "daemon/host/local/make_generator.h"
#include "daemon/private_process.h"
#include "daemon/process/daemon_start.h"
#include "daemon/process/stdio_server.h"
#include "engine/file/mapping_guard.h"

namespace krait::daemon {
namespace {

std::vector<Notice> NoticesOf(const std::vector<ConfigProblem>& problems) {
  std::vector<Notice> notices;
  for (const ConfigProblem& problem : problems) {
    notices.emplace_back(problem.is_error ? lsp::MessageType::kError
                                          : lsp::MessageType::kWarning,
                         problem.message);
  }
  return notices;
}

int ServeHere(const Config& config, const std::vector<Notice>& notices) {
  (void)OpenLog({.level = config.log_level});  // no file: cannot fail
  engine::GuardMappings();
  ModelOptions model = config.model;
  model.gpu.required = false;  // editors are served in any case
  return ServeStdio([model] { return MakeGenerator(model); }, config, notices);
}

}  // namespace

int RunLsp(const LspArguments& arguments) {
  KeepMemoryPrivate();
  const Config& config = arguments.loaded.config;
  std::vector<Notice> notices = NoticesOf(arguments.loaded.problems);
  if (arguments.no_daemon) return ServeHere(config, notices);
  const auto model = FindModelPathOf(config.model);
  // A session here shows what is wrong with it.
  if (!model) return ServeHere(config, notices);

  WantedDaemon wish{.model = config.model,
                    .config_file = arguments.config_file,
                    .remote = config.remote,
                    .settings = base::JsonText(SessionSettings(config))};
  wish.model.model = *model;
  auto daemon = ConnectOrStart(wish);
  if (!daemon) {
    // Not unseen: it takes the model's memory once more.
    notices.emplace_back(
        lsp::MessageType::kWarning,
        fmt::format("krait runs the model in a process of its own: {}",
                    daemon.error().message));
    return ServeHere(config, notices);
  }
  if (std::cmp_not_equal(daemon->welcome.threads, config.model.threads)) {
    notices.emplace_back(
        lsp::MessageType::kInfo,
        fmt::format("krait's daemon runs with --threads {}, not {}; `krait "
                    "stop` ends it",
                    daemon->welcome.threads, config.model.threads));
  }
  const ConnectToDaemon connect =
      [&wish]() -> base::Result<base::FileDescriptor> {
    auto found = ConnectOrStart(wish);
    if (!found) return found.error();
    return std::move(found->socket);
  };
  return RunBridge(std::move(daemon->socket), connect, notices);
}

}  // namespace krait::daemon
