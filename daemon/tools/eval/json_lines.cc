// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/json_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/completion/stop/stop_rules.h"
#include "grammars/lines.h"

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

base::Status ReadJsonLines(std::string_view text, const std::string& name,
                           size_t limit, const OnJsonLine& on_line) {
  size_t objects = 0;
  size_t line_number = 0;
  while (!text.empty() && (limit == 0 || objects < limit)) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++line_number;
    if (grammars::IsBlank(line)) continue;
    const auto wrong = [&](const base::Error& error) {
      return base::InText(fmt::format("{}:{}", name, line_number), error);
    };
    const auto document = base::JsonDocument::Parse(line);
    if (!document) return wrong(document.error());
    base::ObjectReader object(document->root());
    if (!object.status()) return wrong(object.status().error());
    const auto taken = on_line(object);
    if (!taken) return wrong(taken.error());
    ++objects;
  }
  if (objects == 0) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        name + ": holds no cases, expected one JSON object a line");
  }
  return {};
}

}  // namespace krait::daemon
