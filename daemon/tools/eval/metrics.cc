// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/metrics.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "daemon/completion/stop/stop_rules.h"
#include "grammars/lines.h"

namespace krait::daemon {
namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  // One row of the table, updated in place: row[j] is the distance of the
  // first i bytes of `a` and the first j of `b`.
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

bool ExactMatch(std::string_view found, std::string_view wanted) {
  return grammars::TrimRight(found) == grammars::TrimRight(wanted);
}

double EditSimilarity(std::string_view found, std::string_view wanted) {
  found = grammars::TrimRight(found);
  wanted = grammars::TrimRight(wanted);
  const size_t longer = std::max(found.size(), wanted.size());
  if (longer == 0) return 1;
  return 1 - static_cast<double>(EditDistance(found, wanted)) /
                 static_cast<double>(longer);
}

}  // namespace krait::daemon
