// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_TOKEN_LIST_H_
#define KRAIT_DAEMON_TOOLS_TOKEN_LIST_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/file/token.h"

namespace krait::daemon {

// Reads token ids: separated by commas or blanks, or JSON {"ids": [...]}.
// `name` says in messages where they come from. Ids must be below `vocab`.
base::Result<std::vector<engine::TokenId>> ParseTokenIds(
    std::string_view text, size_t vocab, const std::string& name);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_TOKEN_LIST_H_
