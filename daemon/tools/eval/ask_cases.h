// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_ASK_CASES_H_
#define KRAIT_DAEMON_TOOLS_EVAL_ASK_CASES_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace krait::daemon {

// A question about a repository, with what is known of its answer.
struct AskCase {
  std::string question;
  std::string answer;  // a sample; may be empty
  // Of files that have it, or of places in them ("a.pdf:page 3", "a.cc:1-9");
  // none: no file has it.
  std::vector<std::string> paths;

  // Whether the repository has an answer.
  bool answerable() const { return !paths.empty(); }
  // Whether these lines of a file, pages or cells, have some of it.
  bool HasAnswerAt(std::string_view path, size_t begin, size_t end) const;
};

// Reads cases, one JSON object a line: {"question", "paths"} and an optional
// "answer"; other keys are skipped. Reads at most `limit` (0: all). Errors name
// file and line.
base::Result<std::vector<AskCase>> ParseAskCases(std::string_view text,
                                                 const std::string& name,
                                                 size_t limit);

// Returns how alike two texts are, from 0 to 1: the cosine of the counts of
// their significant terms (SignificantTerms). 0 if one has none.
double TermCosine(std::string_view a, std::string_view b);

// The cosine of the angle between two vectors of equal size; 0 if one is 0.
double VectorCosine(std::span<const float> a, std::span<const float> b);

// What was answered to a case.
struct AskResult {
  bool answerable = false;
  bool found = false;
  double coverage = 0;  // of the question, by the best passage
  double cosine = 0;    // with the sample answer; only if there is one
  // The same of their vectors; nothing without an encoder.
  std::optional<double> meaning = {};
  bool has_sample = false;
  size_t citations = 0;
  size_t right_citations = 0;  // of places that have the answer
  bool retrieved = false;      // one of these places was among the passages
  double seconds = 0;
};

struct AskSummary {
  size_t answerable = 0;
  size_t unanswerable = 0;
  // Shares from 0 to 1, of those of which they can be told.
  double found = 0;      // of the answerable
  double not_found = 0;  // of the unanswerable
  double retrieved = 0;  // of the answerable
  double cosine = 0;     // mean over those that were found and have a sample
  std::optional<double> meaning = {};  // the same, by vectors
  double citation_precision = 0;
  double seconds_median = 0;
  // The coverage at which found and not found would be right most often, and
  // how often that is (the mean of both shares).
  double best_threshold = 0;
  double best_accuracy = 0;
};

AskSummary Summarise(const std::vector<AskResult>& results);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_ASK_CASES_H_
