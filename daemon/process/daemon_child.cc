// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/daemon_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "daemon/gpu_options.h"

namespace krait::daemon {
namespace {

std::vector<std::string> CommandOf(const WantedDaemon& wish,
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
  if (wish.model.allow_large) command.emplace_back("--allow-large-model");
  const GpuOptions& gpu = wish.model.gpu;
  if (!gpu.on_processor()) add("--device", gpu.device);
  if (gpu.layers) add("--gpu-layers", LayersText(gpu.layers));
  if (gpu.experts_on_processor) add("--gpu-experts", "cpu");
  if (gpu.state_bytes) {
    add("--gpu-state-memory", fmt::to_string(*gpu.state_bytes));
  }
  if (!wish.config_file.empty()) add("--config", wish.config_file.string());
  if (!log_file.empty()) add("--log-file", log_file.string());
  return command;
}

// As posix_spawn takes them; the texts must outlive it.
std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts->size() + 1);
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Which files the child begins with, and that it is a session of its own.
class SpawnPlan {
 public:
  explicit SpawnPlan(const std::string& output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID);
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

std::vector<std::string> DaemonEnvironment(
    std::span<const char* const> variables, std::span<const std::string> also) {
  // LD_*: how this program finds its libraries, which is the same one.
  static constexpr std::array<std::string_view, 9> kNames = {
      "HOME",   "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH",
      "TMPDIR", "TZ",   "USER"};
  static constexpr std::array<std::string_view, 4> kBeginnings = {
      "HWLOC_", "KRAIT_", "LC_", "XDG_"};
  std::vector<std::string> kept;
  for (const std::string_view variable : variables) {
    const std::string_view name = variable.substr(0, variable.find('='));
    if (std::ranges::find(kNames, name) != kNames.end() ||
        std::ranges::find(also, name) != also.end() ||
        std::ranges::any_of(kBeginnings, [name](std::string_view beginning) {
          return name.starts_with(beginning);
        })) {
      kept.emplace_back(variable);
    }
  }
  return kept;
}

base::Result<DaemonChild> DaemonChild::Start(
    const WantedDaemon& wish, const std::filesystem::path& log_file) {
  const SpawnPlan plan(log_file.empty() ? "/dev/null" : log_file.string());
  std::vector<std::string> command = CommandOf(wish, log_file);
  size_t count = 0;
  while (environ != nullptr && environ[count] != nullptr) ++count;
  std::vector<std::string> environment =
      DaemonEnvironment(std::span<const char* const>(environ, count),
                        remote::VariablesFor(wish.remote));
  // Itself, even if the file was replaced meanwhile.
  pid_t pid = -1;
  const int failed =
      posix_spawn(&pid, "/proc/self/exe", plan.files(), plan.attributes(),
                  Pointers(&command).data(), Pointers(&environment).data());
  if (failed != 0) {
    return base::MakeError(
        base::ErrorCode::kIo,
        fmt::format("cannot start the daemon: {}", std::strerror(failed)));
  }
  return DaemonChild(pid);
}

std::optional<int> DaemonChild::Ended() {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace krait::daemon
