// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/rank_fusion.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

namespace krait::repository {

std::vector<ScoredChunk> FuseRanks(std::span<const RankedList> lists) {
  std::vector<ScoredChunk> fused;
  std::unordered_map<int64_t, size_t> places;
  for (const RankedList& list : lists) {
    double place = 1;
    for (const ScoredChunk& chunk : list.found) {
      const auto [at, is_new] = places.emplace(chunk.number, fused.size());
      if (is_new) fused.push_back({.number = chunk.number, .score = 0});
      fused[at->second].score += list.weight / (kRankFusion + place++);
    }
  }
  std::ranges::stable_sort(fused, std::ranges::greater(), &ScoredChunk::score);
  return fused;
}

std::vector<ScoredChunk> Diversify(
    std::span<const ScoredChunk> ranked, double share, size_t most,
    const std::function<double(size_t, size_t)>& similarity) {
  std::vector<ScoredChunk> taken;
  std::vector<double> nearest(ranked.size(), 0);  // to what was taken
  std::vector<bool> done(ranked.size(), false);
  const double scale = ranked.empty() ? 1 : ranked.front().score;
  const auto worth = [&](size_t i) {
    return (1 - share) * ranked[i].score / scale - share * nearest[i];
  };
  while (taken.size() < std::min(most, ranked.size())) {
    size_t best = ranked.size();
    for (size_t i = 0; i < ranked.size(); ++i) {
      if (done[i]) continue;
      if (best == ranked.size() || worth(i) > worth(best)) best = i;
    }
    done[best] = true;
    taken.push_back(ranked[best]);
    for (size_t i = 0; i < ranked.size(); ++i) {
      if (!done[i]) nearest[i] = std::max(nearest[i], similarity(i, best));
    }
  }
  return taken;
}

}  // namespace krait::repository
