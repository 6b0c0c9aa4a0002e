// SPDX-License-Identifier: Apache-2.0
#include "daemon/standard_error.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <span>

namespace krait::daemon {
namespace {

// Keeps a write to a pipe without a reader from ending the process, while it
// lives and in this thread only: how standard output ends a command that is
// piped into `head` stays as it is.
class NoBrokenPipe {
 public:
  NoBrokenPipe() noexcept {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigemptyset(&pending);
    (void)sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const timespec at_once{};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

iovec Part(std::string_view text) {
  return {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
}

void Write(std::span<iovec> parts) noexcept {
  const NoBrokenPipe no_signal;
  while (!parts.empty()) {
    const ssize_t written =
        writev(STDERR_FILENO, parts.data(), static_cast<int>(parts.size()));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    auto rest = static_cast<size_t>(written);
    while (!parts.empty() && rest >= parts.front().iov_len) {
      rest -= parts.front().iov_len;
      parts = parts.subspan(1);
    }
    if (parts.empty()) return;
    parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + rest;
    parts.front().iov_len -= rest;
  }
}

}  // namespace

void WriteToStandardError(std::string_view text) noexcept {
  std::array<iovec, 1> parts = {Part(text)};
  Write(parts);
}

void PrintError(std::string_view sentence) noexcept {
  std::array<iovec, 3> parts = {Part("krait: "), Part(sentence), Part("\n")};
  Write(parts);
}

void ReserveStandardStreams() noexcept {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest number that is free is this one.
    const int opened =
        open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened != fd && opened >= 0) close(opened);
  }
}

}  // namespace krait::daemon
