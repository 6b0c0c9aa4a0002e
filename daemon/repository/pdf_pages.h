// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_PDF_PAGES_H_
#define KRAIT_DAEMON_REPOSITORY_PDF_PAGES_H_

#include <cstddef>
#include <string_view>

#include "daemon/repository/document.h"

namespace krait::repository {

// Cuts what pdftotext writes into pages, which end with a form feed; the first
// has the number `first`. Words that a line's end has cut are joined, ligatures
// are letters, and other control characters are left out, so that what is
// looked for is found. Never fails. Thread-safe.
Document SplitPages(std::string_view text, size_t first = 1);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_PDF_PAGES_H_
