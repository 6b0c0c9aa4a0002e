// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_JSON_LINES_H_
#define KRAIT_DAEMON_TOOLS_EVAL_JSON_LINES_H_

#include <simdjson.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::daemon {

// Gets an object and "file:line", for messages. An error ends the reading.
using OnJsonLine = std::function<base::Status(
    const simdjson::dom::object& object, const std::string& where)>;

// Reads text that is one JSON object a line; empty lines are skipped. Reads at
// most `limit` objects (0: all). Errors name file and line; none is one, too.
base::Status ReadJsonLines(std::string_view text, const std::string& name,
                           size_t limit, const OnJsonLine& on_line);

bool HasKey(const simdjson::dom::object& object, std::string_view key);

// Returns the string at `key`. Errors begin with `where`.
base::Result<std::string> ReadString(const simdjson::dom::object& object,
                                     std::string_view key,
                                     const std::string& where);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_JSON_LINES_H_
