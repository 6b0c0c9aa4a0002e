// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/tree_wait.h"

#include <chrono>

namespace krait::daemon {
namespace {

// How often a tree that is being made is looked for.
constexpr std::chrono::milliseconds kTreeLook{1};

}  // namespace

completion::Clock::time_point BeginsAt(const TreeWait& wait,
                                       const completion::RequestSyntax& syntax,
                                       completion::Clock::time_point now) {
  const bool waits = wait.not_before <= now && now < wait.latest &&
                     syntax.slot != nullptr && !syntax.slot->IsSettled();
  return waits ? now + kTreeLook : wait.not_before;
}

}  // namespace krait::daemon
