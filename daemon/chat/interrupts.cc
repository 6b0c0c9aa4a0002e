// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/interrupts.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace krait::daemon {
namespace {

sigset_t OnlyInterrupt() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t set = OnlyInterrupt();
  descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ >= 0) pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Interrupts::~Interrupts() {
  if (descriptor_ < 0) return;
  // One that came late is meant for what has ended.
  (void)Take();
  close(descriptor_);
  const sigset_t set = OnlyInterrupt();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool Interrupts::Take() {
  bool any = false;
  signalfd_siginfo info;
  while (descriptor_ >= 0 && read(descriptor_, &info, sizeof info) > 0) {
    any = true;
  }
  return any;
}

}  // namespace krait::daemon
