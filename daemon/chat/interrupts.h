// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_INTERRUPTS_H_
#define KRAIT_DAEMON_CHAT_INTERRUPTS_H_

namespace krait::daemon {

// Ctrl-C as something to read instead of the end of the process: SIGINT is
// blocked in this thread, and in those that it starts from here on, so this
// comes before them. Without signalfd, which Linux always has, Ctrl-C ends the
// process as ever.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Whether Ctrl-C was pressed since this was asked last.
  bool Take();
  // Can be read once it was; -1: there is none.
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_INTERRUPTS_H_
