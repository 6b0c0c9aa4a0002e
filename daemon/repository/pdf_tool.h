// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_PDF_TOOL_H_
#define KRAIT_DAEMON_REPOSITORY_PDF_TOOL_H_

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "daemon/repository/document.h"

namespace krait::repository {

// The most that a PDF file may say; thousands of pages.
inline constexpr size_t kMostPdfText = size_t{16} << 20;

// Returns where poppler's pdftotext is: in an absolute folder of PATH or where
// systems have it; "" if it is not there.
std::string FindPdfTool();

// Returns the text of these pages of a PDF file, each ending with a form feed.
//
// A parser of PDF is large and has had many faults, so it is a process of its
// own: it gets the file's bytes, has limits of memory and of the processor's
// time, writes nothing but its output, and what becomes of it is an error
// (kBadFile) at most. Costs some 10 ms, and a millisecond or so a page. A stop
// ends it (kCancelled). Thread-safe.
base::Result<std::string> PdfToText(std::string_view bytes,
                                    PartRange range = {},
                                    const std::stop_token& stop = {});

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_PDF_TOOL_H_
