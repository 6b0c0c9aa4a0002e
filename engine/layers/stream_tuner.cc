// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/stream_tuner.h"

#include <algorithm>

#include "simd/stream.h"

namespace krait::engine {
namespace {

// What is less than this is not told from noise.
constexpr double kClearGain = 0.02;

double Median(std::vector<double>& samples) {
  const auto middle =
      samples.begin() + static_cast<ptrdiff_t>(samples.size() / 2);
  std::ranges::nth_element(samples, middle);
  return *middle;
}

}  // namespace

static_assert(StreamChoice::kDistances[0] == simd::kDefaultStreamAhead);

size_t StreamChoice::Next() {
  const size_t drawn = random_() % kDistances.size();
  for (size_t i = 0; i < kDistances.size(); ++i) {
    const size_t distance = (drawn + i) % kDistances.size();
    if (samples_[distance].size() < kSamples) return distance;
  }
  return 0;
}

void StreamChoice::Add(size_t distance, double seconds_per_byte) {
  samples_[distance].push_back(seconds_per_byte);
}

std::optional<size_t> StreamChoice::Best() {
  size_t best = 0;
  double least = 0;
  for (size_t i = 0; i < kDistances.size(); ++i) {
    if (samples_[i].size() < kSamples) return std::nullopt;
    const double median = Median(samples_[i]);
    if (i == 0) {
      least = median * (1 - kClearGain);
    } else if (median < least) {
      least = median;
      best = i;
    }
  }
  return kDistances[best];
}

size_t StreamTuner::Begin() {
  const size_t distance = choice_.Next();
  simd::SetStreamAhead(StreamChoice::kDistances[distance]);
  return distance;
}

void StreamTuner::End(size_t distance, double seconds_per_byte) {
  choice_.Add(distance, seconds_per_byte);
  const std::optional<size_t> best = choice_.Best();
  if (!best) return;
  simd::SetStreamAhead(*best);
  done_ = true;
}

}  // namespace krait::engine
