// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_RETRIEVAL_SCORE_H_
#define KRAIT_DAEMON_TOOLS_EVAL_RETRIEVAL_SCORE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/repository/search.h"
#include "daemon/tools/eval/retrieval_cases.h"

namespace krait::daemon {

// A question, and the passages of which any is an answer.
struct RetrievalQuestion {
  struct Answer {
    std::string path;
    std::string name;  // of the declaration
    std::string container = {};
    // It overlaps these lines, from 1; 0: wherever it is.
    size_t begin_line = 0;
    size_t end_line = 0;
  };
  std::string text;
  std::vector<Answer> answers;
};

// Each comment once, of which all cases that have it are the answer, and where
// C++ defines what they declare (the same scope and name in another file); or
// each case by its name, if no other case has that.
std::vector<RetrievalQuestion> QuestionsByComment(
    const std::vector<RetrievalCase>& cases);
std::vector<RetrievalQuestion> QuestionsByName(
    const std::vector<RetrievalCase>& cases);

// Reads questions that somebody wrote, one JSON object a line:
//   {"repository": "libuv1", "question": "...", "answers": ["PATH#NAME", ...]}
// Those of the repository whose folder's name is `folder`, or begins with its
// name and a version. Errors name `file` and line.
base::Result<std::vector<RetrievalQuestion>> ReadRetrievalQuestions(
    std::string_view text, const std::string& file, std::string_view folder);

// What one way of ranking finds of one kind of question.
struct RetrievalScore {
  std::string_view by;  // "comment", "name", "question"
  std::string_view ranking;
  size_t questions = 0;
  // Shares of one repository's questions, or the mean of several repositories.
  double first = 0;  // an answer is the first passage
  double of_five = 0;
  double of_ten = 0;
  double reciprocal_ranks = 0;
  std::vector<double> milliseconds = {};  // of each search

  // What the given share of the searches took at most.
  double Time(double share) const;
};

std::string_view RankingName(repository::Ranking ranking);

base::Result<RetrievalScore> ScoreRetrieval(
    std::string_view by, const std::vector<RetrievalQuestion>& questions,
    repository::Ranking ranking, repository::Searcher* searcher);

// The mean of what was measured in several repositories, each of which counts
// as much; those that have no such questions do not.
std::vector<RetrievalScore> MeanOf(
    const std::vector<std::vector<RetrievalScore>>& several);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_RETRIEVAL_SCORE_H_
