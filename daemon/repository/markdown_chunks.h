// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_MARKDOWN_CHUNKS_H_
#define KRAIT_DAEMON_REPOSITORY_MARKDOWN_CHUNKS_H_

#include <string_view>
#include <vector>

#include "daemon/repository/chunks.h"

namespace krait::repository {

// Cuts a Markdown text at its headings ("## Heading", or a line of = or - below
// it, not within a fence of code); a long section into windows. A chunk's name
// is its heading, its container the headings above that.
std::vector<Chunk> CutMarkdown(std::string_view text);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_MARKDOWN_CHUNKS_H_
