// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/statistics.h"

#include <algorithm>

namespace krait::daemon {
namespace {

// Returns the value that `share` of the sorted values do not exceed.
completion::Clock::duration Percentile(
    const std::vector<completion::Clock::duration>& sorted, double share) {
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<size_t>(last * share + 0.5)];
}

}  // namespace

void Statistics::Add(const completion::CompletionTrace& trace,
                     completion::Clock::duration whole) {
  ++num_answers_;
  ++by_plan_[trace.plan];
  totals_.tokens_reused += trace.tokens_reused;
  totals_.tokens_replayed += trace.tokens_replayed;
  totals_.tokens_computed += trace.tokens_computed;
  totals_.tokens_generated += trace.tokens_generated;
  const Latencies latencies = {trace.queue,  trace.tokenize, trace.prefill,
                               trace.decode, trace.post,     whole};
  if (latencies_.size() < kKept) {
    latencies_.push_back(latencies);
  } else {
    latencies_[next_] = latencies;
    next_ = (next_ + 1) % kKept;
  }
}

double Statistics::HitRate() const {
  const size_t kept = totals_.tokens_reused + totals_.tokens_replayed;
  const size_t all = kept + totals_.tokens_computed;
  return all == 0 ? 0.0 : static_cast<double>(kept) / static_cast<double>(all);
}

Statistics::Percentiles Statistics::LatencyOf(Stage stage) const {
  if (latencies_.empty()) return {};
  std::vector<completion::Clock::duration> values;
  values.reserve(latencies_.size());
  for (const Latencies& latencies : latencies_) {
    values.push_back(latencies[static_cast<size_t>(stage)]);
  }
  std::sort(values.begin(), values.end());
  return {.p50 = Percentile(values, 0.5), .p99 = Percentile(values, 0.99)};
}

}  // namespace krait::daemon
