// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_BANDWIDTH_H_
#define KRAIT_DAEMON_TOOLS_BENCH_BANDWIDTH_H_

#include <cstddef>

#include "engine/threads/worker_pool.h"

namespace krait::daemon {

struct Bandwidth {
  double bytes_per_second = 0;  // the best of several passes
  size_t buffer_bytes = 0;
};

// Measures how fast all workers together read memory: each streams its part of
// a buffer four times as large as the last-level cache (within a quarter of
// the free memory), several times. What decoding a token is bound by.
Bandwidth MeasureBandwidth(engine::WorkerPool& pool);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_BANDWIDTH_H_
