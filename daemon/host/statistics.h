// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_STATISTICS_H_
#define KRAIT_DAEMON_HOST_STATISTICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/completion/completion_service.h"

namespace krait::daemon {

// The stages of an answer, in the order of kStageNames.
enum class Stage : uint8_t {
  kQueue,
  kTokenize,
  kPrefill,
  kDecode,
  kPost,
  kWhole
};
inline constexpr size_t kNumStages = 6;
inline constexpr std::array<const char*, kNumStages> kStageNames = {
    "queue", "tokenize", "prefill", "decode", "post", "whole"};

// What the answers of a server did so far. Thread-compatible.
class Statistics {
 public:
  // Of how many answers the latencies are kept, the last ones.
  static constexpr size_t kKept = 1000;

  struct Percentiles {
    completion::Clock::duration p50{};
    completion::Clock::duration p99{};
  };

  // `whole`: from the request's arrival to its answer.
  void Add(const completion::CompletionTrace& trace,
           completion::Clock::duration whole);

  size_t num_answers() const { return num_answers_; }
  const std::map<completion::PromptPlan, size_t>& answers_by_plan() const {
    return by_plan_;
  }
  // Sums of the tokens of all answers; nothing else of it is filled.
  const completion::CompletionTrace& totals() const { return totals_; }
  // Returns the share of prompt tokens that were not computed; 0 without any.
  double HitRate() const;
  // Over the last kKept answers; zeros without any.
  Percentiles LatencyOf(Stage stage) const;

 private:
  using Latencies = std::array<completion::Clock::duration, kNumStages>;

  size_t num_answers_ = 0;
  std::map<completion::PromptPlan, size_t> by_plan_;
  completion::CompletionTrace totals_;
  std::vector<Latencies> latencies_;  // a ring of kKept
  size_t next_ = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_STATISTICS_H_
