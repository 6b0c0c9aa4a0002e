// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/calibration.h"

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

std::vector<GateTrial> OfLanguage(std::span<const GateTrial> trials,
                                  std::string_view language) {
  std::vector<GateTrial> found;
  for (const GateTrial& trial : trials) {
    if (language.empty() || trial.language == language) found.push_back(trial);
  }
  return found;
}

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
        count.right_bytes > best.count.right_bytes &&
        count.IsRight(right_share)) {
      best = {.threshold = threshold, .count = count};
    }
  }
  return best;
}

// Returns the index of the first token that is less sure.
size_t FirstUnsure(const std::vector<completion::SaidToken>& said,
                   double threshold) {
  const auto unsure =
      std::ranges::find_if(said, [&](const completion::SaidToken& token) {
        return static_cast<double>(token.logprob) < threshold;
      });
  return static_cast<size_t>(unsure - said.begin());
}

}  // namespace

void ShownCount::Add(const Rightness& right) {
  ++shown;
  first_word += right.first_word ? 1 : 0;
  whole += right.whole ? 1 : 0;
  to_end += right.to_end ? 1 : 0;
  right_bytes += right.right_bytes;
}

double ShownCount::Share(size_t count) const {
  if (shown == 0) return 0;
  return static_cast<double>(count) / static_cast<double>(shown);
}

bool ShownCount::IsRight(double share) const {
  if (shown == 0) return false;
  const double right = Share(whole);
  const double error =
      std::sqrt(right * (1 - right) / static_cast<double>(shown));
  return right - error >= share;
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
                              const completion::CompletionRequest& request,
                              const completion::CompletionOptions& wanted,
                              completion::CompletionService* service) {
  lines_.resize(kTokenThresholds.size());
  blocks_.resize(kTokenThresholds.size());
  ++places_;
  completion::CompletionOptions options = wanted;
  options.extent = completion::CompletionExtent::kAuto;
  options.min_confidence.reset();
  options.syntax_budget = grammars::CheckBudget::Unlimited();
  const auto rate = [&](const completion::Completion& completion) {
    std::optional<GateTrial> trial;
    if (completion.text.empty()) return trial;
    trial = {.language = fim_case.language,
             .mean_logprob = completion.trace.mean_logprob.value_or(0),
             .right = RateShown(completion.text, fim_case.middle)};
    return trial;
  };
  std::optional<GateTrial> line;
  std::optional<GateTrial> block;
  size_t cut = 0;
  // What was said for the first is not said again for the others.
  for (size_t i = 0; i < kTokenThresholds.size(); ++i) {
    const double token = kTokenThresholds[i];
    // Two that cut at the same token show the same.
    if (i == 0 || FirstUnsure(said_, token) != cut) {
      options.thresholds = completion::ConfidenceThresholds{
          .line = completion::kShowAll,
          .block = completion::kShowAll,
          .token = token,
          .invoked_token = completion::kShowAll};
      auto completion = service->Complete(request, options);
      if (!completion) return completion.error();
      if (i == 0) said_ = completion->said;
      cut = FirstUnsure(said_, token);
      block.reset();
      if (completion->text.find('\n') != std::string::npos) {
        block = rate(*completion);
        options.thresholds->block = kNever;
        completion = service->Complete(request, options);
        if (!completion) return completion.error();
      }
      line = rate(*completion);
    }
    if (line) lines_[i].push_back(*line);
    if (block) blocks_[i].push_back(*block);
  }
  return {};
}

std::vector<Calibration::Choice> Calibration::Choices(
    double right_share, std::string_view language) const {
  std::vector<Choice> choices;
  for (size_t i = 0; i < lines_.size(); ++i) {
    choices.push_back(
        {.token = kTokenThresholds[i],
         .line = MostRight(OfLanguage(lines_[i], language), right_share),
         .block = MostRight(OfLanguage(blocks_[i], language), right_share)});
  }
  return choices;
}

const Calibration::Choice* Calibration::Best(std::span<const Choice> choices) {
  const auto is_better = [](const ShownCount& a, const ShownCount& b) {
    return a.right_bytes != b.right_bytes ? a.right_bytes > b.right_bytes
                                          : a.shown < b.shown;
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

std::map<std::string, Calibration::LanguageChoice>
Calibration::ChoicesOfLanguages(double right_share,
                                const Choice& general) const {
  const auto* const at = std::ranges::find(kTokenThresholds, general.token);
  std::map<std::string, LanguageChoice> languages;
  for (const GateTrial& trial :
       lines_[static_cast<size_t>(at - kTokenThresholds.begin())]) {
    LanguageChoice& language = languages[trial.language];
    if (trial.mean_logprob >= general.line.threshold) {
      language.with_general.Add(trial.right);
    }
  }
  for (auto& [name, language] : languages) {
    const ShownCount& count = language.with_general;
    if (count.shown < kFewestShown || count.IsRight(right_share)) continue;
    const auto choices = Choices(right_share, name);
    const Choice* const best = Best(choices);
    language.own = best == nullptr
                       ? Choice{.token = general.token, .line = {}, .block = {}}
                       : *best;
  }
  return languages;
}

}  // namespace krait::daemon
