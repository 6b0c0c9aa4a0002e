// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/fim_cases.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/tools/eval/json_lines.h"

namespace krait::daemon {
namespace {

// HumanEval's fields, or krait's own.
base::Result<FimCase> ParseCase(base::ObjectReader& object) {
  const bool human_eval =
      !object.Field("prompt").IsMissing() && object.Field("prefix").IsMissing();
  FimCase result;
  result.language = "python";
  object.Require(human_eval ? "prompt" : "prefix", &result.prefix)
      .Require("suffix", &result.suffix)
      .Require(human_eval ? "canonical_solution" : "middle", &result.middle);
  if (human_eval) {
    object.Optional("language", &result.language);
  } else {
    object.Require("language", &result.language);
  }
  object.Optional("task_id", &result.id)
      .Optional("path", &result.path)
      .Optional("repository", &result.repository);
  if (!object.status()) return object.status().error();
  return result;
}

}  // namespace

base::Result<std::vector<FimCase>> ParseFimCases(std::string_view text,
                                                 const std::string& name,
                                                 size_t limit) {
  std::vector<FimCase> cases;
  const auto read = ReadJsonLines(
      text, name, limit, [&cases](base::ObjectReader& object) -> base::Status {
        auto parsed = ParseCase(object);
        if (!parsed) return parsed.error();
        cases.push_back(std::move(*parsed));
        return {};
      });
  if (!read) return read.error();
  return cases;
}

void PlaceInRepositories(const std::string& folder,
                         std::vector<FimCase>* cases) {
  std::error_code error;
  const std::filesystem::path root = std::filesystem::absolute(folder, error);
  for (FimCase& fim_case : *cases) {
    fim_case.repository =
        (root / fim_case.repository).lexically_normal().string();
    while (fim_case.repository.size() > 1 &&
           fim_case.repository.ends_with('/')) {
      fim_case.repository.pop_back();
    }
  }
}

}  // namespace krait::daemon
