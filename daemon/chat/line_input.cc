// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/line_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace krait::daemon {

bool LineInput::TakeLine(std::string* line) {
  const size_t end = buffer_.find('\n', searched_);
  searched_ = buffer_.size();
  if (end != buffer_.npos) {
    *line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    searched_ = 0;
    return true;
  }
  if (buffer_.empty() || (!at_end_ && buffer_.size() < kMaxLineBytes)) {
    return false;
  }
  *line = std::exchange(buffer_, {});
  searched_ = 0;
  return true;
}

bool LineInput::Wait(int timeout, bool* interrupted) const {
  pollfd waits[2] = {
      {.fd = descriptor_, .events = POLLIN, .revents = 0},
      {.fd = interrupts_ == nullptr ? -1 : interrupts_->descriptor(),
       .events = POLLIN,
       .revents = 0}};
  const int ready = poll(waits, 2, timeout);
  *interrupted = interrupts_ != nullptr && interrupts_->Take();
  return ready > 0 && waits[0].revents != 0;
}

InputEvent LineInput::Next(std::string* line,
                           const std::function<bool()>& idle) {
  bool has_work = true;
  while (true) {
    if (TakeLine(line)) return InputEvent::kLine;
    if (at_end_) return InputEvent::kEnd;
    bool interrupted = false;
    const bool readable = Wait(has_work ? 0 : -1, &interrupted);
    if (interrupted) {
      buffer_.clear();
      searched_ = 0;
      return InputEvent::kInterrupt;
    }
    if (!readable) {
      if (has_work) has_work = idle();
      continue;
    }
    char bytes[65536];
    const ssize_t size = read(descriptor_, bytes, sizeof bytes);
    if (size > 0) {
      buffer_.append(bytes, static_cast<size_t>(size));
    } else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
      at_end_ = true;
    }
  }
}

}  // namespace krait::daemon
