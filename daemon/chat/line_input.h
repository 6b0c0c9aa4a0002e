// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_LINE_INPUT_H_
#define KRAIT_DAEMON_CHAT_LINE_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "daemon/chat/interrupts.h"

namespace krait::daemon {

enum class InputEvent : uint8_t {
  kLine,
  kInterrupt,  // Ctrl-C; what was typed of a line is gone
  kEnd,        // of the input, or it cannot be read
};

// Lines from a descriptor, and something to do until they come.
class LineInput {
 public:
  // Longer lines come in pieces of this size.
  static constexpr size_t kMaxLineBytes = size_t{1} << 24;

  // `interrupts` may be null, and must outlive it.
  LineInput(int descriptor, Interrupts* interrupts)
      : descriptor_(descriptor), interrupts_(interrupts) {}

  // Waits for a line, which is put to `line` without its line feed (the last
  // one may have none). Meanwhile calls `idle` as long as that returns true.
  InputEvent Next(std::string* line, const std::function<bool()>& idle);

 private:
  bool TakeLine(std::string* line);
  // Waits, at most `timeout` milliseconds (-1: for ever). Returns whether the
  // descriptor can be read.
  bool Wait(int timeout, bool* interrupted) const;

  const int descriptor_;
  Interrupts* const interrupts_;
  std::string buffer_;
  size_t searched_ = 0;  // of the buffer, for a line feed
  bool at_end_ = false;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_LINE_INPUT_H_
