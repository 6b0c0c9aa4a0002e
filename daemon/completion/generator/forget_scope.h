// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_FORGET_SCOPE_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_FORGET_SCOPE_H_

#include <string>
#include <string_view>
#include <vector>

namespace krait::completion {

// What is to be forgotten: everything, or what is of files at or below paths.
struct ForgetScope {
  bool all = false;
  std::vector<std::string> paths = {};  // absolute

  bool Covers(std::string_view file) const;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_FORGET_SCOPE_H_
