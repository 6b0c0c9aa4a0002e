// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_BENCH_H_
#define KRAIT_DAEMON_COMMANDS_BENCH_H_

#include <cstddef>
#include <cstdint>

#include "daemon/commands/random_weights.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

enum class BenchKind : uint8_t { kDecode, kPrefill };

// `krait bench decode|prefill`: tokens per second, and how near they come to
// what the machine's memory allows.
struct BenchArguments {
  BenchKind kind = BenchKind::kDecode;
  ModelOptions model;
  size_t tokens = 0;  // 0: 64 for decode, 512 for prefill
  size_t repetitions = 3;
  size_t sequences = 1;  // decoded at once, in one batch
  RandomWeightsArguments weights;
  bool json = false;
};

int RunBench(const BenchArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_BENCH_H_
