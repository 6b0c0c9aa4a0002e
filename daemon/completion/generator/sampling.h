// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_SAMPLING_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_SAMPLING_H_

#include <cstddef>
#include <cstdint>

namespace krait::completion {

// How a generator chooses among its tokens.
struct Sampling {
  float temperature = 0;          // 0: greedy, all else ignored but the penalty
  size_t top_k = 0;               // 0: off
  float top_p = 1;                // 1: off
  float min_p = 0;                // 0: off; relative to the best token
  float repetition_penalty = 1;   // 1: off; > 1 divides positive logits
  size_t repetition_window = 64;  // tokens looked back for the penalty
  uint64_t seed = 0;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_SAMPLING_H_
