// SPDX-License-Identifier: Apache-2.0
//
// Looking for the daemon is a loop, as everything may change at any moment:
// another bridge may start one, an old one may end. Each turn looks once and
// does the next thing; what is there in the end counts.
#include "daemon/server/daemon_start.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/server/bridge_protocol.h"
#include "engine/private_files.h"

namespace krait::daemon {

using engine::ErrorCode;
using engine::MakeError;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(10);

std::vector<std::string> CommandOf(const DaemonWish& wish,
                                   const std::filesystem::path& log_file) {
  std::vector<std::string> command = {"krait", "daemon", "--model",
                                      wish.model.model};
  const auto add = [&command](const std::string& option,
                              const std::string& value) {
    command.push_back(option);
    command.push_back(value);
  };
  add("--threads", fmt::to_string(wish.model.threads));
  add("--state-bytes", fmt::to_string(wish.model.state_bytes));
  if (!wish.config_file.empty()) add("--config", wish.config_file.string());
  if (!log_file.empty()) add("--log-file", log_file.string());
  return command;
}

// A daemon that this process started.
class Child {
 public:
  // Detached: in a session of its own, without any of our descriptors.
  static engine::Result<Child> Start(const DaemonWish& wish) {
    const std::filesystem::path log_file = DaemonLogFile();
    const std::string output = log_file.empty() ? "/dev/null" : log_file;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    std::vector<std::string> command = CommandOf(wish, log_file);
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    Child child;
    // Itself, even if the file was replaced meanwhile.
    const int failed = posix_spawn(&child.pid_, "/proc/self/exe", &files,
                                   &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
      return MakeError(
          ErrorCode::kIo,
          fmt::format("cannot start the daemon: {}", std::strerror(failed)));
    }
    return child;
  }

  // Returns the exit status once it has ended.
  std::optional<int> Ended() {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
};

class Search {
 public:
  explicit Search(const DaemonWish& wish) : wish_(wish) {
    greeting_.purpose = kPurposeEditor;
    greeting_.model = wish.model.model;
    greeting_.settings = wish.settings;
  }

  engine::Result<GreetedSocket> Run() {
    const auto dir = MakeRuntimeDir(RuntimeEnvironment::OfProcess());
    if (!dir) return dir.error();
    const auto deadline = Clock::now() + kPatience;
    while (Clock::now() < deadline) {
      auto greeted = Greet(dir->socket(), greeting_);
      if (greeted && greeted->welcome.refused.empty()) return greeted;
      const engine::Status next = greeted ? AfterRefusal(*dir, greeted->welcome)
                                          : AfterFailure(greeted.error());
      if (!next) return next.error();
      std::this_thread::sleep_for(kPause);
    }
    return MakeError(
        ErrorCode::kIo,
        fmt::format("{}: no daemon answered within {} s{}",
                    dir->socket().string(), kPatience.count(), LogHint()));
  }

 private:
  engine::Status AfterRefusal(const RuntimeDir& dir, const Welcome& welcome) {
    if (welcome.refused != kRefusedVersion) {
      return MakeError(ErrorCode::kUnsupported, welcome.reason);
    }
    // Or else an old and a new installation would take turns for ever.
    if (CompareVersions(welcome.version, KRAIT_VERSION) > 0) {
      return MakeError(ErrorCode::kUnsupported,
                       fmt::format("{}, newer than this one ({})",
                                   welcome.reason, KRAIT_VERSION));
    }
    auto control = ControlClient::ConnectAt(dir.socket());
    if (control) (void)control->Ask("drain");
    return {};
  }

  engine::Status AfterFailure(const engine::Error& error) {
    if (child_) {
      const auto status = child_->Ended();
      if (!status) return {};  // on its way
      child_.reset();
      // 0: another daemon was faster.
      if (*status != 0) {
        return MakeError(ErrorCode::kIo,
                         "the daemon could not start" + LogHint());
      }
      return {};
    }
    // Anything else is a daemon that is about to end: look again.
    if (error.code != ErrorCode::kNotFound) return {};
    auto started = Child::Start(wish_);
    if (!started) return started.error();
    child_ = *started;
    return {};
  }

  static std::string LogHint() {
    const auto log = DaemonLogFile();
    return log.empty() ? "" : fmt::format("; {} says more", log.string());
  }

  const DaemonWish& wish_;
  Greeting greeting_;
  std::optional<Child> child_;
};

}  // namespace

engine::Result<GreetedSocket> ConnectOrStart(const DaemonWish& wish) {
  return Search(wish).Run();
}

std::filesystem::path DaemonLogFile() {
  const std::filesystem::path home = StateHome();
  if (home.empty()) return {};
  if (!engine::MakePrivateDirectories(home)) return {};
  std::filesystem::path file = home / "daemon.log";
  const int fd =
      open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return {};
  close(fd);
  return file;
}

}  // namespace krait::daemon
