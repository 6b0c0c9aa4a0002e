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

// A passage that speaks of less of a question than this is taken for no answer
// to it. Calibrated with 40 questions about this repository, 24 about ripgrep's
// manual, and 40 about neither (tests/data/questions, `krait eval ask
// --passages`): 95 % of all are told right with 0.54 to 0.58.
inline constexpr double kLeastCoverage = 0.55;

// Of the passage that speaks of most of the question.
double BestCoverage(const RepositoryFindings& findings);

base::Result<RepositoryFindings> FindForQuestion(
    const std::filesystem::path& root, repository::Searcher* searcher,
    std::string_view question, size_t most);

// Returns the findings as Markdown, for who has no model to answer: each with
// its place, its name and its first lines.
std::string FindingsText(const RepositoryFindings& findings);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_REPOSITORY_QUESTION_H_
