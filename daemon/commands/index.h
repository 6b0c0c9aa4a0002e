// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_INDEX_H_
#define KRAIT_DAEMON_COMMANDS_INDEX_H_

#include <cstddef>
#include <string>

#include "daemon/completion/rules/completion_rules.h"

namespace krait::daemon {

struct IndexArguments {
  std::string directory = ".";
  std::string explained;  // a file; empty: none
  bool remove = false;
  size_t threads = 0;  // 0: all
  completion::CompletionRules rules;
  bool json = false;
};

// `krait index [DIR]`: makes the index of a repository, or brings it up to
// date. --explain FILE: says whether a file is in it, and why not. --remove:
// deletes it.
int RunIndex(const IndexArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_INDEX_H_
