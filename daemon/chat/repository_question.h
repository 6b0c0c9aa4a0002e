// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_REPOSITORY_QUESTION_H_
#define KRAIT_DAEMON_CHAT_REPOSITORY_QUESTION_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/repository/search.h"

namespace krait::daemon {

// A passage with the lines that it is of.
struct ReadPassage {
  repository::Passage passage;
  std::string text;
  double coverage = 0;  // how much of the question it speaks of, 0 to 1
};

// What a repository has for a question.
struct RepositoryFindings {
  // False: no passage speaks of enough of the question.
  bool found = false;
  std::vector<ReadPassage> passages;  // the best first
};

// A passage that speaks of less of a question than half of its terms is taken
// for no answer to it. Not calibrated on questions about other repositories.
inline constexpr double kLeastCoverage = 0.5;

base::Result<RepositoryFindings> FindForQuestion(
    const std::filesystem::path& root, repository::Searcher* searcher,
    std::string_view question, size_t most);

// Returns the findings as Markdown, for who has no model to answer: each with
// its place, its name and its first lines.
std::string FindingsText(const RepositoryFindings& findings);

// Returns what a model is told to answer a question from: rules, and the
// passages, numbered by their places, up to `most_bytes` of them (at least the
// first). `shown` gets those that are in it. What stands in a passage is
// fenced, and the model is told that it is no instruction.
std::string AnswerInstructions(const RepositoryFindings& findings,
                               size_t most_bytes,
                               std::vector<repository::Passage>* shown);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_REPOSITORY_QUESTION_H_
