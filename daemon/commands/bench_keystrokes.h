// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_BENCH_KEYSTROKES_H_
#define KRAIT_DAEMON_COMMANDS_BENCH_KEYSTROKES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/commands/random_weights.h"
#include "daemon/completion/completion_service.h"
#include "daemon/loaded_model.h"
#include "daemon/tools/bench/infill_client.h"

namespace krait::daemon {

// `krait bench keystrokes`: what each keystroke of a session in long files
// costs, and what it costs a server that speaks /infill.
struct BenchKeystrokesArguments {
  // Long enough to show, short enough not to hide what comes before.
  BenchKeystrokesArguments() { completion.max_tokens = 16; }

  ModelOptions model;
  RandomWeightsArguments weights;
  completion::CompletionOptions completion;
  std::vector<std::string> files;  // none: generated ones
  std::vector<size_t> lines;       // none: 100, 2000, 10000; or the file's
  std::vector<std::string> steps;  // none: all
  size_t typed = 40;
  size_t rounds = 3;
  bool warming = false;
  std::string served;   // URL of krait's own server; empty: a session here
  std::string against;  // URL; empty: no peer
  bool allow_remote = false;
  std::string dialect = "infill";  // or "completion"
  std::string peer_prompt;         // for that; empty: as the model was trained
  size_t peer_lines_before = 256;
  size_t peer_lines_after = 64;
  size_t timeout_s = 600;
  bool json = false;
};

int RunBenchKeystrokes(const BenchKeystrokesArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_BENCH_KEYSTROKES_H_
