// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_CHUNK_ID_H_
#define KRAIT_DAEMON_REPOSITORY_CHUNK_ID_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace krait::repository {

// A chunk's id in the index: its number, and in the low bits about how many
// different terms it has (to an eighth or so), so that ranking it needs no
// look-up of that.
inline constexpr int64_t kTermSteps = 32;
inline constexpr double kLeastTerms = 8;

inline int64_t ChunkId(int64_t number, size_t terms) {
  const double steps =
      4 * std::log2(std::max(static_cast<double>(terms), kLeastTerms) /
                    kLeastTerms);
  return number * kTermSteps +
         std::min(static_cast<int64_t>(std::lround(steps)), kTermSteps - 1);
}

inline double TermsOfId(int64_t id) {
  return kLeastTerms * std::exp2(static_cast<double>(id % kTermSteps) / 4);
}

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_CHUNK_ID_H_
