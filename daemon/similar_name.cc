// SPDX-License-Identifier: Apache-2.0
#include "daemon/similar_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace krait::daemon {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string_view SimilarName(std::string_view name,
                             std::span<const std::string> names) {
  constexpr size_t kLongest = 64;
  if (name.size() > kLongest) return {};
  std::string_view similar;
  // Of a short name nothing would be left.
  size_t least = std::min(kMostMistypes, name.size() / 2) + 1;
  for (const std::string& candidate : names) {
    const size_t distance = EditDistance(name, candidate);
    if (distance >= least) continue;
    least = distance;
    similar = candidate;
  }
  return similar;
}

}  // namespace krait::daemon
