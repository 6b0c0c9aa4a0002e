// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_TREE_WAIT_H_
#define KRAIT_DAEMON_HOST_TREE_WAIT_H_

#include "daemon/completion/generator/generator.h"
#include "daemon/completion/shown/syntax.h"

namespace krait::daemon {

// When a task may begin that wants its syntax tree.
struct TreeWait {
  completion::Clock::time_point not_before;
  completion::Clock::time_point latest;  // with a tree or without
};

// Returns it as it seems at `now`; a little later, if the tree is to be looked
// for again then.
completion::Clock::time_point BeginsAt(const TreeWait& wait,
                                       const completion::RequestSyntax& syntax,
                                       completion::Clock::time_point now);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_TREE_WAIT_H_
