// SPDX-License-Identifier: Apache-2.0
#include "daemon/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace krait::daemon {

size_t RaiseDescriptorLimit(size_t wanted) {
  constexpr size_t kUnknown = 1024;  // what most systems give
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUnknown;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::max(before, std::min(rlim_t{wanted}, limit.rlim_max));
  if (limit.rlim_cur > before && setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    limit.rlim_cur = before;
  }
  // Which may be "no limit".
  return static_cast<size_t>(std::min(limit.rlim_cur, rlim_t{1} << 30U));
}

}  // namespace krait::daemon
