// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_INT8_PEAK_H_
#define KRAIT_DAEMON_TOOLS_BENCH_INT8_PEAK_H_

#include "engine/threads/worker_pool.h"

namespace krait::daemon {

// Measures how many operations a second (a product is two: it is added) all
// workers together do on int8 vectors in registers, the best of several tries.
// What reading a prompt with quantised weights is bound by.
double MeasureInt8Peak(engine::WorkerPool& pool);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_INT8_PEAK_H_
