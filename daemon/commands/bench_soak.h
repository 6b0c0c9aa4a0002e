// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_BENCH_SOAK_H_
#define KRAIT_DAEMON_COMMANDS_BENCH_SOAK_H_

#include <cstddef>

#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait bench soak`: does memory stay what it is over a day's keystrokes in
// many files? Exits with 1 if the states take more than their budget.
struct BenchSoakArguments {
  ModelOptions model;
  size_t keystrokes = 100'000;
  size_t files = 200;
  size_t lines = 300;
  size_t complete_every = 20;
  bool json = false;
};

int RunBenchSoak(const BenchSoakArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_BENCH_SOAK_H_
