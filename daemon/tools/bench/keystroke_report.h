// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_REPORT_H_
#define KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_REPORT_H_

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/tools/bench/keystroke_bench.h"

namespace krait::daemon {

struct Percentiles {
  double p50 = 0;
  double p99 = 0;
};

// All requests of one kind. Tokens are medians.
struct StepSummary {
  StepKind kind = StepKind::kCold;
  size_t requests = 0;
  double reused = 0;
  double replayed = 0;
  double computed = 0;
  double most_computed = 0;
  std::map<completion::PromptPlan, size_t> plans =
      {};  // requests by the prompt's layout
  Percentiles first_token_ms = {};
  Percentiles whole_ms = {};
  // Medians of the stages, which make up nearly all of whole_ms.
  double tokenize_ms = 0;
  double prefill_ms = 0;
  double decode_ms = 0;
  double post_ms = 0;

  struct PeerSummary {
    std::optional<double> computed = {};
    std::optional<double> most_computed = {};
    Percentiles whole_ms = {};
    double ratio = 0;  // of the medians: how much longer the peer takes
  };
  std::optional<PeerSummary> peer = {};
};

// In the order of the script; kinds without a request are left out.
std::vector<StepSummary> Summarize(std::span<const StepSample> samples);

// Returns the summary of a kind, or null.
const StepSummary* FindStep(std::span<const StepSummary> steps, StepKind kind);

// One length of file, over all rounds.
struct KeystrokeResult {
  std::string file = {};
  size_t lines = 0;
  std::vector<KeystrokeRound> rounds = {};

  std::vector<StepSummary> Summary() const;
};

// A table for people; one row per kind.
std::string KeystrokeTable(const KeystrokeResult& result);
boost::json::object KeystrokeJson(const KeystrokeResult& result);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_REPORT_H_
