// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_ONE_DECLARATION_H_
#define KRAIT_DAEMON_REPOSITORY_ONE_DECLARATION_H_

#include <vector>

#include "daemon/repository/search.h"

namespace krait::repository {

// Leaves of each declaration one passage, in the order and with the scores of
// the first ones: of the pieces of a long one the first, and of a function that
// a file of C or C++ declares on a line of its own where it is defined. Of the
// pieces of a class, what lies between its methods, the first; where only its
// name was asked for, the one in which it begins.
void LeaveOneOfEachDeclaration(bool by_name, std::vector<Passage>* passages);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_ONE_DECLARATION_H_
