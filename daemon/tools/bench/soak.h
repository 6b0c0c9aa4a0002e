// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_SOAK_H_
#define KRAIT_DAEMON_TOOLS_BENCH_SOAK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/tools/bench/keystroke_session.h"

namespace krait::daemon {

struct SoakOptions {
  SessionOptions session = {};
  size_t keystrokes = 100'000;
  size_t files = 200;
  size_t lines = 300;  // of each file
  // Every so manieth keystroke asks for a completion; at the others the model
  // reads what was typed, as a server's does while nobody asks.
  size_t complete_every = 20;
  uint32_t seed = 1;
};

// What is held at some time.
struct SoakMark {
  size_t keystrokes = 0;
  size_t resident_bytes = 0;  // of the process, weights included
  completion::WarmStatus warm = {};
};

struct SoakResult {
  std::string model = {};
  SoakMark begin = {};               // once every file was visited
  std::vector<SoakMark> marks = {};  // after each tenth of the keystrokes
  size_t most_held_bytes = 0;
  size_t completions = 0;
};

// Types, removes, jumps and switches among many open files, at random but
// always in the same way. `on_progress` counts the first visits, too.
base::Result<SoakResult> RunSoak(
    const SoakOptions& options,
    const std::function<void(size_t done, size_t total)>& on_progress);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_SOAK_H_
