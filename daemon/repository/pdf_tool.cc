// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/pdf_tool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "base/system_error.h"

namespace krait::repository {
namespace {

using Clock = std::chrono::steady_clock;

constexpr rlim_t kMostSeconds = 20;  // of the processor
constexpr rlim_t kMostMemory = rlim_t{1} << 30;
constexpr std::chrono::seconds kMostWait{60};
constexpr std::chrono::milliseconds kLookAtStop{50};

bool IsProgram(const std::string& file) {
  return access(file.c_str(), X_OK) == 0;
}

base::Error Failed(std::string_view why) {
  return base::MakeError(base::ErrorCode::kBadFile,
                         fmt::format("pdftotext {}", why));
}

// The bytes as a file without a name, which the process opens as its input.
base::Result<base::FileDescriptor> AsFile(std::string_view bytes) {
  base::FileDescriptor file(memfd_create("pdf", MFD_CLOEXEC));
  if (!file) return base::SystemError("memfd_create", errno);
  while (!bytes.empty()) {
    const ssize_t put = write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return base::SystemError("memfd_create", errno);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return file;
}

// A running pdftotext, killed and waited for in the end.
class Process {
 public:
  static base::Result<Process> Start(const std::string& tool, int input,
                                     PartRange range);
  Process(Process&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        output_(std::move(other.output_)) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ < 0) return;
    (void)kill(pid_, SIGKILL);
    (void)Wait();
  }

  int output() const { return output_.get(); }
  // Returns what waitpid(2) says of its end; 0 if it says nothing.
  int Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  Process(pid_t pid, base::FileDescriptor output)
      : pid_(pid), output_(std::move(output)) {}
  void Limit() const;

  pid_t pid_;
  base::FileDescriptor output_;
};

class SpawnActions {
 public:
  SpawnActions(int input, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

base::Result<Process> Process::Start(const std::string& tool, int input,
                                     PartRange range) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return base::SystemError("pipe", errno);
  }
  base::FileDescriptor read_end(ends[0]);
  const base::FileDescriptor write_end(ends[1]);
  constexpr size_t kMostPages = 1'000'000;
  std::vector<std::string> arguments = {
      tool,         "-q",
      "-enc",       "UTF-8",
      "-eol",       "unix",
      "-f",         fmt::to_string(range.first),
      "-l",         fmt::to_string(std::min(range.last, kMostPages)),
      "/dev/stdin", "-"};
  std::vector<std::string> environment = {"LC_ALL=C.UTF-8",
                                          "PATH=/usr/bin:/bin"};
  const SpawnActions actions(input, write_end.get());
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, tool.c_str(), actions.get(), nullptr,
                  Pointers(arguments).data(), Pointers(environment).data());
  if (error != 0) return base::SystemError(tool, error);
  Process process(pid, std::move(read_end));
  process.Limit();
  return process;
}

void Process::Limit() const {
  for (const auto& [what, most] :
       {std::pair<__rlimit_resource, rlim_t>(RLIMIT_CPU, kMostSeconds),
        {RLIMIT_AS, kMostMemory},
        {RLIMIT_FSIZE, 0},
        {RLIMIT_CORE, 0}}) {
    const rlimit limit{.rlim_cur = most, .rlim_max = most};
    (void)prlimit(pid_, what, &limit, nullptr);
  }
}

// Reads all that the process writes.
base::Result<std::string> ReadOutput(const Process& process,
                                     const std::stop_token& stop) {
  std::string text;
  std::vector<char> buffer(size_t{64} << 10);
  const auto until = Clock::now() + kMostWait;
  for (;;) {
    if (stop.stop_requested()) {
      return base::MakeError(base::ErrorCode::kCancelled, "stopped");
    }
    if (Clock::now() > until) return Failed("took too long");
    pollfd polled{.fd = process.output(), .events = POLLIN, .revents = 0};
    if (poll(&polled, 1, static_cast<int>(kLookAtStop.count())) <= 0) continue;
    const ssize_t got = read(process.output(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::SystemError("pdftotext", errno);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
    if (text.size() > kMostPdfText) {
      return Failed(
          fmt::format("has more than {} MiB of text", kMostPdfText >> 20));
    }
  }
}

}  // namespace

std::string FindPdfTool() {
  const char* const path = std::getenv("PATH");  // NOLINT: nobody sets it
  std::string_view folders = path == nullptr ? "" : path;
  while (!folders.empty()) {
    const size_t end = std::min(folders.find(':'), folders.size());
    const std::string_view folder = folders.substr(0, end);
    folders.remove_prefix(std::min(end + 1, folders.size()));
    if (!folder.starts_with('/')) continue;
    std::string file = std::string(folder) + "/pdftotext";
    if (IsProgram(file)) return file;
  }
  for (const char* const file :
       {"/usr/bin/pdftotext", "/usr/local/bin/pdftotext"}) {
    if (IsProgram(file)) return file;
  }
  return {};
}

base::Result<std::string> PdfToText(std::string_view bytes, PartRange range,
                                    const std::stop_token& stop) {
  const std::string tool = FindPdfTool();
  if (tool.empty()) return Failed("(poppler-utils) is not installed");
  const auto input = AsFile(bytes);
  if (!input) return input.error();
  auto process = Process::Start(tool, input->get(), range);
  if (!process) return process.error();
  auto text = ReadOutput(*process, stop);
  if (!text) return text;
  const int status = process->Wait();
  if (WIFSIGNALED(status)) {
    return Failed(fmt::format("was ended by signal {}", WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) != 0) {
    return Failed(
        fmt::format("cannot read it (exit status {})", WEXITSTATUS(status)));
  }
  return text;
}

}  // namespace krait::repository
