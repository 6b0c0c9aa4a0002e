// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_FIM_CASES_H_
#define KRAIT_DAEMON_TOOLS_EVAL_FIM_CASES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace krait::daemon {

// One fill-in-the-middle exercise.
struct FimCase {
  std::string id;  // "task_id"; may be empty
  std::string language;
  std::string path;  // of the file; may be empty
  // Where the repository lies of which other files the model is reminded;
  // empty: of none. In a file of cases below the folder that a command is
  // given, see PlaceInRepositories.
  std::string repository = {};
  std::string prefix;
  std::string suffix;
  std::string middle;  // what is to be found
};

// Reads cases, one JSON object a line: {"language", "prefix", "suffix",
// "middle"}, or with HumanEval-Infilling's names {"prompt", "suffix",
// "canonical_solution"} (language "python"), and optional "task_id", "path",
// "repository".
// Empty lines are skipped; other keys too. Reads at most `limit` cases (0:
// all). Errors name file and line.
base::Result<std::vector<FimCase>> ParseFimCases(std::string_view text,
                                                 const std::string& name,
                                                 size_t limit);

// Lets each case be one of a repository below `folder`, the folder itself if it
// names none. Its path is the file's in the repository.
void PlaceInRepositories(const std::string& folder,
                         std::vector<FimCase>* cases);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_FIM_CASES_H_
