// SPDX-License-Identifier: Apache-2.0
#include "daemon/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "daemon/standard_error.h"

namespace krait::daemon {
namespace {

std::string Styled(std::string_view code, std::string_view text, bool colours) {
  if (!colours) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace

int ReportError(const base::Error& error) {
  std::fflush(stdout);
  PrintError(error.message);
  return error.code == base::ErrorCode::kInternal ? kExitInternal : kExitUser;
}

void Print(std::string_view text) {
  // A short count shows in ferror(stdout), which FinishOutput checks.
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

void PrintLine(std::string_view text) {
  Print(text);
  Print("\n");
}

int FinishOutput(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  PrintError(
      fmt::format("cannot write to standard output: {}", std::strerror(errno)));
  return kExitInternal;
}

bool UseColours(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return isatty(fd) == 1;
}

std::string Dimmed(std::string_view text, bool colours) {
  return Styled("2", text, colours);
}
std::string Bold(std::string_view text, bool colours) {
  return Styled("1", text, colours);
}
std::string Red(std::string_view text, bool colours) {
  return Styled("31", text, colours);
}
std::string Yellow(std::string_view text, bool colours) {
  return Styled("33", text, colours);
}
std::string Green(std::string_view text, bool colours) {
  return Styled("32", text, colours);
}

Progress::Progress(std::string what, size_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_(Clock::now() + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (shown_ && terminal_) WriteToStandardError("\r\x1b[K");
}

void Progress::Update(size_t done, std::string_view detail) {
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? Clock::duration(std::chrono::milliseconds(100))
                           : Clock::duration(std::chrono::seconds(5)));
  shown_ = true;
  std::string line = total_ == 0
                         ? fmt::format("{}: {}", what_, done)
                         : fmt::format("{}: {}/{}", what_, done, total_);
  if (!detail.empty()) line += fmt::format("  {}", detail);
  if (terminal_) {
    WriteToStandardError(fmt::format("\r\x1b[K{}", line));
  } else {
    WriteToStandardError(line + "\n");
  }
}

}  // namespace krait::daemon
