// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_NOTEBOOK_H_
#define KRAIT_DAEMON_REPOSITORY_NOTEBOOK_H_

#include <string_view>

#include "base/result.h"
#include "daemon/repository/document.h"

namespace krait::repository {

// Reads a Jupyter notebook (nbformat 3 and 4): its cells' sources, not what
// running them gave. The language is the kernel's, Python if it does not say.
// Source: https://nbformat.readthedocs.io. Thread-safe.
base::Result<Document> ReadNotebook(std::string_view json);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_NOTEBOOK_H_
