// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/fim_cases.h"

#include <utility>

#include "daemon/tools/eval/json_lines.h"

namespace krait::daemon {
namespace {

base::Result<FimCase> ParseCase(const simdjson::dom::object& object,
                                const std::string& where) {
  const bool human_eval = HasKey(object, "prompt") && !HasKey(object, "prefix");
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
  if (!human_eval || HasKey(object, "language")) {
    auto language = ReadString(object, "language", where);
    if (!language) return language.error();
    result.language = std::move(*language);
  }
  const std::pair<const char*, std::string*> optional[] = {
      {"task_id", &result.id}, {"path", &result.path}};
  for (const auto& [key, value] : optional) {
    if (!HasKey(object, key)) continue;
    auto text = ReadString(object, key, where);
    if (!text) return text.error();
    *value = std::move(*text);
  }
  return result;
}

}  // namespace

base::Result<std::vector<FimCase>> ParseFimCases(std::string_view text,
                                                 const std::string& name,
                                                 size_t limit) {
  std::vector<FimCase> cases;
  const auto read =
      ReadJsonLines(text, name, limit,
                    [&cases](const simdjson::dom::object& object,
                             const std::string& where) -> base::Status {
                      auto parsed = ParseCase(object, where);
                      if (!parsed) return parsed.error();
                      cases.push_back(std::move(*parsed));
                      return {};
                    });
  if (!read) return read.error();
  return cases;
}

}  // namespace krait::daemon
