// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_SEARCH_H_
#define KRAIT_DAEMON_COMMANDS_SEARCH_H_

#include <cstddef>
#include <string>

#include "daemon/completion/rules/completion_rules.h"

namespace krait::daemon {

struct SearchArguments {
  std::string question;
  std::string repository = ".";
  size_t most = 10;
  bool no_update = false;  // take the index as it is
  completion::CompletionRules rules;
  bool json = false;
};

// `krait search "words or code"`: the passages of a repository that have most
// of the words, the best first. Brings the index up to date before.
int RunSearch(const SearchArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_SEARCH_H_
