// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace krait::daemon {
namespace {

constexpr std::array<double, 9> kTokenThresholds = {
    completion::kShowAll, -2.3, -1.6, -1.2, -1.0, -0.85, -0.7, -0.6, -0.5};

constexpr std::array<double, 13> kMeanThresholds = {-0.1,
                                                    -0.2,
                                                    -0.3,
                                                    -0.4,
                                                    -0.5,
                                                    -0.6,
                                                    -0.7,
                                                    -0.8,
                                                    -1.0,
                                                    -1.2,
                                                    -1.6,
                                                    -2.0,
                                                    completion::kShowAll};

// Fewer say nothing of a share.
constexpr size_t kFewestShown = 20;

// Above every mean: nothing is shown.
constexpr double kNever = 1;

// Returns the mean, to two places, with which enough of what is shown is right
// and the most is shown that is, with the count of what it shows.
ThresholdRow MostRight(std::vector<GateTrial> trials, double right_share) {
  std::ranges::sort(trials, std::ranges::greater(), &GateTrial::mean_logprob);
  ThresholdRow best{.threshold = 0, .count = {}};
  ShownCount count;
  for (size_t i = 0; i < trials.size(); ++i) {
    count.Add(trials[i].right);
    const double threshold = std::floor(trials[i].mean_logprob * 100) / 100;
    const bool last_of_threshold =
        i + 1 == trials.size() || trials[i + 1].mean_logprob < threshold;
    if (last_of_threshold && count.shown >= kFewestShown &&
        count.whole > best.count.whole &&
        count.Share(count.whole) >= right_share) {
      best = {.threshold = threshold, .count = count};
    }
  }
  return best;
}

}  // namespace

void ShownCount::Add(const Rightness& right) {
  ++shown;
  first_word += right.first_word ? 1 : 0;
  whole += right.whole ? 1 : 0;
  to_end += right.to_end ? 1 : 0;
}

double ShownCount::Share(size_t count) const {
  if (shown == 0) return 0;
  return static_cast<double>(count) / static_cast<double>(shown);
}

std::vector<ThresholdRow> RowsByThreshold(std::span<const GateTrial> trials) {
  std::vector<ThresholdRow> rows;
  for (const double threshold : kMeanThresholds) {
    ThresholdRow row{.threshold = threshold, .count = {}};
    for (const GateTrial& trial : trials) {
      if (trial.mean_logprob >= threshold) row.count.Add(trial.right);
    }
    rows.push_back(row);
  }
  return rows;
}

std::span<const double> Calibration::TokenThresholds() {
  return kTokenThresholds;
}

base::Status Calibration::Try(const FimCase& fim_case,
                              const completion::CompletionOptions& wanted,
                              completion::CompletionService* service) {
  lines_.resize(kTokenThresholds.size());
  blocks_.resize(kTokenThresholds.size());
  ++places_;
  const completion::CompletionRequest request = RequestOf(fim_case);
  completion::CompletionOptions options = wanted;
  options.extent = completion::CompletionExtent::kAuto;
  options.min_confidence.reset();
  options.syntax_budget = grammars::CheckBudget::Unlimited();
  const auto add = [&](const completion::Completion& completion,
                       std::vector<GateTrial>* trials) {
    if (completion.text.empty()) return;
    trials->push_back(
        {.language = fim_case.language,
         .mean_logprob = completion.trace.mean_logprob.value_or(0),
         .right = RateShown(completion.text, fim_case.middle)});
  };
  // What was said for the first is not said again for the others.
  for (size_t i = 0; i < kTokenThresholds.size(); ++i) {
    options.thresholds =
        engine::ConfidenceThresholds{.line = completion::kShowAll,
                                     .block = completion::kShowAll,
                                     .token = kTokenThresholds[i],
                                     .invoked_token = completion::kShowAll};
    auto completion = service->Complete(request, options);
    if (!completion) return completion.error();
    if (i == 0) said_ = completion->said;
    if (completion->text.find('\n') != std::string::npos) {
      add(*completion, &blocks_[i]);
      options.thresholds->block = kNever;
      completion = service->Complete(request, options);
      if (!completion) return completion.error();
    }
    add(*completion, &lines_[i]);
  }
  return {};
}

std::vector<Calibration::Choice> Calibration::Choices(
    double right_share) const {
  std::vector<Choice> choices;
  for (size_t i = 0; i < lines_.size(); ++i) {
    choices.push_back({.token = kTokenThresholds[i],
                       .line = MostRight(lines_[i], right_share),
                       .block = MostRight(blocks_[i], right_share)});
  }
  return choices;
}

const Calibration::Choice* Calibration::Best(std::span<const Choice> choices) {
  const auto is_better = [](const ShownCount& a, const ShownCount& b) {
    return a.whole != b.whole ? a.whole > b.whole : a.shown < b.shown;
  };
  const Choice* best = nullptr;
  for (const Choice& choice : choices) {
    if (choice.line.count.whole == 0) continue;
    if (best == nullptr || is_better(choice.line.count, best->line.count)) {
      best = &choice;
    }
  }
  return best;
}

std::string KeysToWrite(const engine::ConfidenceThresholds& thresholds) {
  return fmt::format(
      "krait.confidence.line={:.2f}\nkrait.confidence.block={:.2f}\n"
      "krait.confidence.token={:.2f}\nkrait.confidence.invoked_token={:.2f}\n",
      thresholds.line, thresholds.block, thresholds.token,
      thresholds.invoked_token);
}

}  // namespace krait::daemon
