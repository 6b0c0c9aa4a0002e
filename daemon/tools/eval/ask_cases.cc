// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/ask_cases.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "daemon/chat/significant_terms.h"
#include "daemon/repository/place_unit.h"
#include "daemon/tools/eval/json_lines.h"

namespace krait::daemon {
namespace {

double PartOf(size_t part, size_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

template <class Test>
size_t CountOf(const std::vector<AskResult>& results, bool answerable,
               Test test) {
  return static_cast<size_t>(
      std::ranges::count_if(results, [&](const AskResult& result) {
        return result.answerable == answerable && std::invoke(test, result);
      }));
}

double MeanCosine(const std::vector<AskResult>& results) {
  double sum = 0;
  size_t count = 0;
  for (const AskResult& result : results) {
    if (!result.found || !result.has_sample) continue;
    sum += result.cosine;
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::optional<double> MeanMeaning(const std::vector<AskResult>& results) {
  double sum = 0;
  size_t count = 0;
  for (const AskResult& result : results) {
    if (!result.found || !result.has_sample || !result.meaning) continue;
    sum += *result.meaning;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

double MedianSeconds(const std::vector<AskResult>& results) {
  std::vector<double> seconds;
  for (const AskResult& result : results) seconds.push_back(result.seconds);
  if (seconds.empty()) return 0;
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

// The mean of both shares if what has this coverage were found.
double Accuracy(const std::vector<AskResult>& results,
                const AskSummary& summary, double threshold) {
  const size_t found = CountOf(results, true, [&](const AskResult& result) {
    return result.coverage >= threshold;
  });
  const size_t not_found = CountOf(
      results, false,
      [&](const AskResult& result) { return result.coverage < threshold; });
  return (PartOf(found, summary.answerable) +
          PartOf(not_found, summary.unanswerable)) /
         2;
}

// Among equally good ones the middle of the widest gap would be best; steps of
// a hundredth say it closely enough.
void ChooseThreshold(const std::vector<AskResult>& results,
                     AskSummary* summary) {
  for (int step = 1; step <= 100; ++step) {
    const double threshold = step / 100.0;
    const double accuracy = Accuracy(results, *summary, threshold);
    if (accuracy <= summary->best_accuracy) continue;
    summary->best_accuracy = accuracy;
    summary->best_threshold = threshold;
  }
}

}  // namespace

bool AskCase::HasAnswerAt(std::string_view path, size_t begin,
                          size_t end) const {
  return std::ranges::any_of(paths, [&](const std::string& one) {
    if (one == path) return true;
    const auto place = repository::ParsePlace(one);
    return place && place->path == path && place->begin <= end &&
           begin <= place->end;
  });
}

base::Result<std::vector<AskCase>> ParseAskCases(std::string_view text,
                                                 const std::string& name,
                                                 size_t limit) {
  std::vector<AskCase> cases;
  const auto read = ReadJsonLines(
      text, name, limit, [&cases](base::ObjectReader& object) -> base::Status {
        AskCase one;
        object.Require("question", &one.question)
            .Require("paths", &one.paths)
            .Optional("answer", &one.answer);
        if (!object.status()) return object.status();
        cases.push_back(std::move(one));
        return {};
      });
  if (!read) return read.error();
  return cases;
}

double TermCosine(std::string_view a, std::string_view b) {
  const auto of_a = SignificantTerms(a);
  const auto of_b = SignificantTerms(b);
  double product = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (const auto& [term, count] : of_a) {
    squares_a += count * count;
    if (const auto found = of_b.find(term); found != of_b.end()) {
      product += count * found->second;
    }
  }
  for (const auto& [term, count] : of_b) squares_b += count * count;
  if (squares_a == 0 || squares_b == 0) return 0;
  return product / std::sqrt(squares_a * squares_b);
}

double VectorCosine(std::span<const float> a, std::span<const float> b) {
  double product = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    squares_a += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    squares_b += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  if (squares_a == 0 || squares_b == 0) return 0;
  return product / std::sqrt(squares_a * squares_b);
}

AskSummary Summarise(const std::vector<AskResult>& results) {
  const auto any = [](const AskResult& /*result*/) { return true; };
  AskSummary summary;
  summary.answerable = CountOf(results, true, any);
  summary.unanswerable = CountOf(results, false, any);
  summary.found =
      PartOf(CountOf(results, true, &AskResult::found), summary.answerable);
  summary.not_found =
      PartOf(CountOf(results, false,
                     [](const AskResult& result) { return !result.found; }),
             summary.unanswerable);
  summary.retrieved =
      PartOf(CountOf(results, true, &AskResult::retrieved), summary.answerable);
  size_t citations = 0;
  size_t right = 0;
  for (const AskResult& result : results) {
    citations += result.citations;
    right += result.right_citations;
  }
  summary.citation_precision = PartOf(right, citations);
  summary.cosine = MeanCosine(results);
  summary.meaning = MeanMeaning(results);
  summary.seconds_median = MedianSeconds(results);
  ChooseThreshold(results, &summary);
  return summary;
}

}  // namespace krait::daemon
