// SPDX-License-Identifier: Apache-2.0
//
// The options of the benchmarks that have many. The arguments' present values
// are the defaults, and must outlive `app`.
#ifndef KRAIT_DAEMON_COMMANDS_BENCH_OPTIONS_H_
#define KRAIT_DAEMON_COMMANDS_BENCH_OPTIONS_H_

#include <CLI/CLI.hpp>

#include "daemon/commands/bench.h"
#include "daemon/commands/bench_drafts.h"
#include "daemon/commands/bench_keystrokes.h"
#include "daemon/commands/bench_soak.h"
#include "daemon/commands/random_weights.h"

namespace krait::daemon {

// Weights of a shape instead of a model.
void AddRandomWeights(CLI::App* app, RandomWeightsArguments* arguments);
// Of `bench decode` and `prefill`.
void AddSpeedOptions(CLI::App* app, BenchArguments* arguments);
void AddDraftsOptions(CLI::App* app, BenchDraftsArguments* arguments);
void AddKeystrokesOptions(CLI::App* app, BenchKeystrokesArguments* arguments);
void AddSoakOptions(CLI::App* app, BenchSoakArguments* arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_BENCH_OPTIONS_H_
