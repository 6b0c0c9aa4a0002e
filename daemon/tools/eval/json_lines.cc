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
  simdjson::dom::parser parser;
  size_t objects = 0;
  size_t line_number = 0;
  while (!text.empty() && (limit == 0 || objects < limit)) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++line_number;
    if (grammars::IsBlank(line)) continue;
    const std::string where = fmt::format("{}:{}", name, line_number);
    simdjson::dom::object object;
    const simdjson::padded_string padded(line);
    const auto error = parser.parse(padded).get(object);
    if (error != simdjson::SUCCESS) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("{}: expected a JSON object: {}", where,
                                   simdjson::error_message(error)));
    }
    const auto taken = on_line(object, where);
    if (!taken) return taken.error();
    ++objects;
  }
  if (objects == 0) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        name + ": holds no cases, expected one JSON object a line");
  }
  return {};
}

bool HasKey(const simdjson::dom::object& object, std::string_view key) {
  return object[key].error() == simdjson::SUCCESS;
}

base::Result<std::string> ReadString(const simdjson::dom::object& object,
                                     std::string_view key,
                                     const std::string& where) {
  simdjson::dom::element element;
  if (object[key].get(element) != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: no \"{}\"", where, key));
  }
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: \"{}\": expected a string", where, key));
  }
  return std::string(text);
}

}  // namespace krait::daemon
