// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_METRICS_H_
#define KRAIT_DAEMON_TOOLS_EVAL_METRICS_H_

#include <string_view>

namespace krait::daemon {

// Whether a completion is the one that was wanted, blanks at the ends of both
// apart.
bool ExactMatch(std::string_view found, std::string_view wanted);

// Returns 1 - distance / length of the longer, by Levenshtein's distance over
// bytes, blanks at the ends of both apart: 1 for equal texts (two empty ones
// too), 0 for ones with nothing in common.
double EditSimilarity(std::string_view found, std::string_view wanted);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_METRICS_H_
