// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TERMINAL_H_
#define KRAIT_DAEMON_TERMINAL_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::daemon {

// Exit statuses of every command.
enum ExitCode : int {
  kExitOk = 0,
  kExitInternal = 1,  // our mistake, or an unexpected end of the connection
  kExitUser = 2,      // bad arguments or input; the message says which
};

// Prints "krait: MESSAGE" to standard error and returns the exit status that
// belongs to the error.
int ReportError(const base::Error& error);

// Writes to standard output. A closed or full output is noticed by
// FinishOutput.
void Print(std::string_view text);
void PrintLine(std::string_view text);

// Flushes standard output; returns `status`, or 1 with a message if something
// could not be written.
int FinishOutput(int status);

// Whether colours suit a file descriptor: a terminal, not a dumb one, and
// NO_COLOR is not set.
bool UseColours(int fd);

// Text in a terminal style; unchanged if `colours` is false.
std::string Dimmed(std::string_view text, bool colours);
std::string Bold(std::string_view text, bool colours);
std::string Red(std::string_view text, bool colours);
std::string Yellow(std::string_view text, bool colours);
std::string Green(std::string_view text, bool colours);

// Shows on standard error how far something is, once it takes longer than a
// second: one line that renews itself on a terminal, a line every five seconds
// elsewhere. Thread-compatible.
class Progress {
 public:
  // `total` 0: unknown.
  Progress(std::string what, size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(size_t done, std::string_view detail = {});

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  size_t total_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point next_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TERMINAL_H_
