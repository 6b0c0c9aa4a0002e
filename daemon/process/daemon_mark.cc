// SPDX-License-Identifier: Apache-2.0
//
// The handler may run anywhere, also in the middle of malloc: it uses nothing
// but system calls and what was made ready before.
#include "daemon/process/daemon_mark.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string_view>
#include <system_error>

#include "base/private_files.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "daemon-";
constexpr std::string_view kExtension = ".mark";
constexpr size_t kMostMarks = 100;

struct FatalSignal {
  int number;
  const char* name;
};
constexpr std::array<FatalSignal, 5> kFatalSignals = {
    {{SIGABRT, "SIGABRT (an error in krait, or no memory)"},
     {SIGBUS, "SIGBUS (a file that it had mapped was cut short)"},
     {SIGFPE, "SIGFPE"},
     {SIGILL, "SIGILL"},
     {SIGSEGV, "SIGSEGV"}}};

std::atomic<int> mark_fd = -1;

void Say(int fd, const char* text) {
  if (write(fd, text, std::strlen(text)) < 0) return;
}

void OnFatalSignal(int number) {
  for (const FatalSignal& fatal : kFatalSignals) {
    if (fatal.number != number) continue;
    if (const int fd = mark_fd.load(); fd >= 0) {
      Say(fd, "it was ended by ");
      Say(fd, fatal.name);
    }
    Say(STDERR_FILENO, "krait: ended by ");
    Say(STDERR_FILENO, fatal.name);
    Say(STDERR_FILENO, "\n");
  }
  // As if there were no handler: a core file, and the right exit status.
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

void WatchFatalSignals() {
  for (const FatalSignal& fatal : kFatalSignals) {
    struct sigaction action = {};
    action.sa_handler = OnFatalSignal;
    sigemptyset(&action.sa_mask);
    (void)sigaction(fatal.number, &action, nullptr);
  }
}

bool IsMark(std::string_view name) {
  return name.starts_with(kPrefix) && name.ends_with(kExtension);
}

// Its first line says which daemon it was, the second, if any, what ended it.
std::string Sentence(const base::FileDescriptor& fd) {
  std::array<char, 512> buffer;
  const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
  const std::string_view text(buffer.data(),
                              got < 0 ? 0 : static_cast<size_t>(got));
  const size_t end = text.find('\n');
  const std::string_view who = text.substr(0, end);
  std::string_view how;
  if (end != std::string_view::npos) how = text.substr(end + 1);
  if (how.empty()) {
    how =
        "it was killed (by the user, or by the system for want of memory), "
        "or the machine was turned off";
  }
  return fmt::format("{} did not end by itself: {}", who, how);
}

}  // namespace

DaemonMark::DaemonMark(const fs::path& directory) {
  WatchFatalSignals();
  if (directory.empty() || !base::MakePrivateDirectories(directory)) return;
  file_ = directory / fmt::format("{}{}{}", kPrefix, getpid(), kExtension);
  fd_ = base::FileDescriptor(
      open(file_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
           0600));
  if (!fd_) return;
  (void)flock(fd_.get(), LOCK_EX | LOCK_NB);
  const std::string who =
      fmt::format("a daemon (process {}, begun {:%Y-%m-%dT%H:%M:%SZ})\n",
                  getpid(), fmt::gmtime(std::time(nullptr)));
  Say(fd_.get(), who.c_str());
  mark_fd = fd_.get();
}

DaemonMark::~DaemonMark() {
  mark_fd = -1;
  if (fd_) (void)unlink(file_.c_str());
}

std::vector<std::string> HowOthersEnded(const fs::path& directory) {
  std::vector<std::string> sentences;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    if (!IsMark(it->path().filename().string())) continue;
    const base::FileDescriptor fd(open(
        it->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    // One that runs has it locked.
    if (!fd || flock(fd.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (sentences.size() < kMostMarks) sentences.push_back(Sentence(fd));
    (void)unlink(it->path().c_str());
  }
  return sentences;
}

}  // namespace krait::daemon
