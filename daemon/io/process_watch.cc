// SPDX-License-Identifier: Apache-2.0
#include "daemon/io/process_watch.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

namespace krait::daemon {
namespace {

namespace asio = boost::asio;

// Returns a descriptor that can be read from once the process has ended; -1 if
// the system has none (Linux before 5.3).
int OpenProcess(pid_t pid) {
#ifdef SYS_pidfd_open
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
#else
  (void)pid;
  return -1;
#endif
}

bool Exists(pid_t pid) {
  return kill(pid, 0) == 0 || errno == EPERM;
}

}  // namespace

bool ProcessWatch::Watch(int64_t pid, std::function<void()> on_end) {
  if (on_end_ || descriptor_ != nullptr) return true;
  if (pid <= 0 || pid > std::numeric_limits<pid_t>::max()) return false;
  const auto process = static_cast<pid_t>(pid);
  if (!Exists(process)) return false;
  on_end_ = std::move(on_end);
  const int descriptor = OpenProcess(process);
  if (descriptor < 0) {
    Ask(pid);
    return true;
  }
  descriptor_ =
      std::make_unique<asio::posix::stream_descriptor>(io_, descriptor);
  descriptor_->async_wait(
      asio::posix::stream_descriptor::wait_read,
      [this, alive = alive_](const boost::system::error_code& error) {
        if (*alive && !error) Ended();
      });
  return true;
}

void ProcessWatch::Ask(int64_t pid) {
  timer_.expires_after(kAskEvery);
  timer_.async_wait(
      [this, pid, alive = alive_](const boost::system::error_code& error) {
        if (error || !*alive) return;
        if (Exists(static_cast<pid_t>(pid))) return Ask(pid);
        Ended();
      });
}

void ProcessWatch::Ended() {
  if (const auto on_end = std::exchange(on_end_, nullptr)) on_end();
}

}  // namespace krait::daemon
