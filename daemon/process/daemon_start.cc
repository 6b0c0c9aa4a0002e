// SPDX-License-Identifier: Apache-2.0
//
// Looking for the daemon is a loop, as everything may change at any moment:
// another bridge may start one, an old one may end. Each turn looks once and
// does the next thing; what is there in the end counts.
#include "daemon/process/daemon_start.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/private_files.h"
#include "daemon/config/config.h"
#include "daemon/io/bridge_protocol.h"
#include "daemon/process/daemon_child.h"

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(10);

class Search {
 public:
  explicit Search(const WantedDaemon& wish) : wanted_(wish) {
    greeting_.purpose = wish.purpose;
    greeting_.model = wish.model.model;
    greeting_.settings = wish.settings;
  }

  base::Result<GreetedSocket> Run() {
    const auto dir = MakeRuntimeDir(RuntimeEnvironment::OfProcess());
    if (!dir) return dir.error();
    const auto deadline = Clock::now() + kPatience;
    while (Clock::now() < deadline) {
      auto greeted = Greet(dir->socket(), greeting_);
      if (greeted && greeted->welcome.refused.empty()) return greeted;
      const base::Status next = greeted ? AfterRefusal(*dir, greeted->welcome)
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
  base::Status AfterRefusal(const RuntimeDir& dir, const Welcome& welcome) {
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

  base::Status AfterFailure(const base::Error& error) {
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
    // Nothing that waiting helps with.
    if (error.code == ErrorCode::kUnsupported) return error;
    // Anything else is a daemon that is about to end: look again.
    if (error.code != ErrorCode::kNotFound) return {};
    auto started = DaemonChild::Start(wanted_, DaemonLogFile());
    if (!started) return started.error();
    child_ = *started;
    return {};
  }

  static std::string LogHint() {
    const auto log = DaemonLogFile();
    return log.empty() ? "" : fmt::format("; {} says more", log.string());
  }

  const WantedDaemon& wanted_;
  Greeting greeting_;
  std::optional<DaemonChild> child_;
};

}  // namespace

base::Result<GreetedSocket> ConnectOrStart(const WantedDaemon& wish) {
  return Search(wish).Run();
}

std::filesystem::path DaemonLogFile() {
  const std::filesystem::path home = StateHome();
  if (home.empty()) return {};
  if (!base::MakePrivateDirectories(home)) return {};
  std::filesystem::path file = home / "daemon.log";
  const int fd =
      open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return {};
  close(fd);
  return file;
}

}  // namespace krait::daemon
