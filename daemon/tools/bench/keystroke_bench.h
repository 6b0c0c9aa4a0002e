// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_BENCH_H_
#define KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_BENCH_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/tools/bench/infill_client.h"
#include "daemon/tools/bench/keystroke_script.h"
#include "daemon/tools/bench/keystroke_session.h"

namespace krait::daemon {

// A server that is asked by HTTP, and the lines that it is shown.
struct Peer {
  InfillServer server = {};
  size_t lines_before = 256;  // besides the cursor's
  size_t lines_after = 64;
  std::chrono::seconds timeout{600};
};

struct KeystrokeBenchOptions {
  SessionOptions session = {};
  ScriptOptions script = {};
  // After each request the model may read on, as when the user pauses.
  bool warming = false;
  std::optional<Peer> peer = {};  // beside which krait is measured
  // krait's own server, which is asked instead of a session here: as editors'
  // plugins for llama.cpp ask it. What there is to know of its model it does
  // not say, it is not restarted, and reads nothing between two steps.
  std::optional<Peer> served = {};
};

struct PeerCost {
  std::optional<double> tokens_computed = {};
  std::optional<double> prefill_ms = {};
  double whole_ms = 0;
};

struct StepSample {
  StepKind kind = StepKind::kCold;
  RequestCost cost = {};
  std::optional<PeerCost> peer = {};
};

// What a round of the script gave.
struct KeystrokeRound {
  std::string model = {};
  size_t threads = 0;
  std::vector<StepSample> samples = {};
  bool restart_left_out = false;          // nothing was saved
  completion::WarmStatus one_file = {};   // after the first request
  completion::WarmStatus all_files = {};  // at the end
};

// Cuts out what a peer is shown: whole lines around the cursor's.
InfillRequest InfillWindow(std::string_view text, size_t cursor_ofs,
                           size_t lines_before, size_t lines_after);

// Runs the script for `files` once, each step first by krait and then by the
// peer.
base::Result<KeystrokeRound> RunKeystrokes(
    const std::vector<ScriptFile>& files, const KeystrokeBenchOptions& options,
    const std::function<void(size_t done, size_t total)>& on_progress);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_BENCH_H_
