// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_JSON_LINES_H_
#define KRAIT_DAEMON_TOOLS_EVAL_JSON_LINES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/json_value.h"
#include "base/result.h"

namespace krait::daemon {

// Reads an object. An error, which begins with the field, ends the reading.
using OnJsonLine = std::function<base::Status(base::ObjectReader& object)>;

// Reads text that is one JSON object a line; empty lines are skipped. Reads at
// most `limit` objects (0: all). Errors name file and line; none is one, too.
base::Status ReadJsonLines(std::string_view text, const std::string& name,
                           size_t limit, const OnJsonLine& on_line);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_JSON_LINES_H_
