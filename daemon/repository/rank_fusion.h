// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_RANK_FUSION_H_
#define KRAIT_DAEMON_REPOSITORY_RANK_FUSION_H_

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "daemon/repository/scored_chunk.h"

namespace krait::repository {

// What one way of searching found, the best first, and how much it counts.
struct RankedList {
  std::span<const ScoredChunk> found;
  double weight = 1;
};

// How little the first places stand out from the next.
inline constexpr double kRankFusion = 60;

// Reciprocal rank fusion: a chunk's score is the sum over the lists of
// weight / (kRankFusion + its place, from 1). The best first; of equals the one
// that came first. Source: Cormack et al. 2009.
std::vector<ScoredChunk> FuseRanks(std::span<const RankedList> lists);

// Maximal marginal relevance: takes one after the other, each the one whose
// score, less `share` of the similarity to what was taken, is largest.
// Scores are first divided by the largest; `similarity` is from 0 to 1. Returns
// at most `most`. Source: Carbonell and Goldstein 1998.
std::vector<ScoredChunk> Diversify(
    std::span<const ScoredChunk> ranked, double share, size_t most,
    const std::function<double(size_t, size_t)>& similarity);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_RANK_FUSION_H_
