// SPDX-License-Identifier: Apache-2.0
#include "daemon/eval/fim_cases.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <utility>

#include "daemon/completion/stop_rules.h"

namespace krait::daemon {
namespace {

using engine::ErrorCode;
using engine::MakeError;

engine::Result<std::string> ReadString(const simdjson::dom::object& object,
                                       std::string_view key,
                                       const std::string& where) {
  simdjson::dom::element element;
  if (object[key].get(element) != simdjson::SUCCESS) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: no \"{}\": expected an object with \"language\", "
                    "\"prefix\", \"suffix\" and \"middle\"",
                    where, key));
  }
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: \"{}\": expected a string", where, key));
  }
  return std::string(text);
}

bool Has(const simdjson::dom::object& object, std::string_view key) {
  return object[key].error() == simdjson::SUCCESS;
}

engine::Result<FimCase> ParseCase(const simdjson::dom::object& object,
                                  const std::string& where) {
  const bool human_eval = Has(object, "prompt") && !Has(object, "prefix");
  FimCase result;
  result.language = "python";
  const std::pair<const char*, std::string*> fields[] = {
      {human_eval ? "prompt" : "prefix", &result.prefix},
      {"suffix", &result.suffix},
      {human_eval ? "canonical_solution" : "middle", &result.middle}};
  for (const auto& [key, value] : fields) {
    auto text = ReadString(object, key, where);
    if (!text) return text.error();
    *value = std::move(*text);
  }
  if (!human_eval || Has(object, "language")) {
    auto language = ReadString(object, "language", where);
    if (!language) return language.error();
    result.language = std::move(*language);
  }
  return result;
}

}  // namespace

engine::Result<std::vector<FimCase>> ParseFimCases(std::string_view text,
                                                   const std::string& name,
                                                   size_t limit) {
  simdjson::dom::parser parser;
  std::vector<FimCase> cases;
  size_t line_number = 0;
  while (!text.empty() && (limit == 0 || cases.size() < limit)) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++line_number;
    if (IsBlank(line)) continue;
    const std::string where = fmt::format("{}:{}", name, line_number);
    simdjson::dom::object object;
    const simdjson::padded_string padded(line);
    const auto error = parser.parse(padded).get(object);
    if (error != simdjson::SUCCESS) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("{}: expected a JSON object: {}", where,
                                   simdjson::error_message(error)));
    }
    auto parsed = ParseCase(object, where);
    if (!parsed) return parsed.error();
    cases.push_back(std::move(*parsed));
  }
  if (cases.empty()) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        name + ": holds no cases, expected one JSON object a line");
  }
  return cases;
}

}  // namespace krait::daemon
