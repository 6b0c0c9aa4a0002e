// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/anchored_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/state/state.h"

namespace krait::daemon {
namespace {

using completion::GeneratorPrompt;
using engine::FimLayout;
using Seconds = PromptCost::Seconds;

// Up to here nobody notices that a better plan is read.
constexpr size_t kMostTokensAtOnce = 32;
constexpr Seconds kAtOnce{0.03};

// Up to here the best plan is worth waiting for, unless another one is that
// much quicker.
constexpr size_t kMostTokensToWaitFor = 300;
constexpr Seconds kPatienceForThese{0.15};
constexpr double kMuchQuicker = 4;

// Of a suffix that a jump has read anew, whatever more would be allowed; and
// when it has to be quick.
constexpr size_t kTokensOfSuffix = 192;
constexpr size_t kFewTokensOfSuffix = 64;

// What is read when nothing is warm, with the suffix less than one waits for;
// and how far that may grow while somebody types on without a pause.
constexpr completion::PrefixMemory::Limits kTokensNearby{.anew = 128,
                                                         .most = 1024};

// In a pause the anchor moves if more text than this is behind it.
constexpr size_t kMoveAnchorAfterBytes = 256;

// Closer checkpoints would save little.
constexpr size_t kLeastCheckpointDistance = 2 * engine::kBlockTokens;
// A file that grows is not to have others with each line. About so much text is
// a token.
constexpr size_t kFileGrowsBy = 1024;
constexpr size_t kBytesPerToken = 3;

// A file that has changed by no more was read as good as whole.
constexpr size_t kMostChangedBytes = 2048;

bool IsAtOnce(const PromptCost& cost) {
  return cost.missing <= kMostTokensAtOnce || cost.time <= kAtOnce;
}

bool IsWorthWaitingFor(const PromptCost& cost) {
  return cost.missing <= kMostTokensToWaitFor || cost.time <= kPatienceForThese;
}

// Whether somebody who waits for the better plan is to get the other one.
bool IsBetterNow(const PromptCost& other, const PromptCost& better) {
  if (IsAtOnce(better)) return false;
  if (other.time * kMuchQuicker <= better.time) return true;
  return !IsWorthWaitingFor(better) && other.time < better.time;
}

}  // namespace

completion::TokenCounter AnchoredPlanner::Counter() {
  return [this](std::string_view text) { return layouter_.Count(text); };
}

std::string_view AnchoredPlanner::FirstTokens(std::string_view text,
                                              size_t tokens) {
  return completion::CutSuffix(text, tokens, Counter());
}

void AnchoredPlanner::Forget() {
  anchors_.Forget();
  read_.Forget();
  files_ = {};
  nearby_ = {};
}

void AnchoredPlanner::Use(const Option& option) {
  const GeneratorPrompt& prompt = option.shown.prompt;
  anchors_.Add(prompt, option.anchor);
  read_.Add(prompt.document, prompt.prefix.substr(0, option.anchor));
}

base::Result<AnchoredPlanner::Option> AnchoredPlanner::LayOut(
    const Shown& shown, size_t anchor, const PredictCost& predict) {
  auto plan = layouter_.LayOut(FimLayout::kAnchoredPsm, shown.prompt, anchor);
  if (!plan) return plan.error();
  if (shown.checkpoint_every > 0) {
    const size_t prefix_end = plan->checkpoints.front();
    for (size_t at = shown.checkpoint_every; at < prefix_end;
         at += shown.checkpoint_every) {
      plan->checkpoints.push_back(at);
    }
  }
  const PromptCost cost = predict(plan->tokens);
  return Option{
      .shown = shown, .anchor = anchor, .plan = std::move(*plan), .cost = cost};
}

base::Result<AnchoredPlanner::Option> AnchoredPlanner::AtAnAnchor(
    const Shown& all_shown, size_t suffix_tokens, const PredictCost& predict) {
  Shown shown = all_shown;
  shown.prompt.suffix = FirstTokens(shown.prompt.suffix, suffix_tokens);
  const size_t new_anchor = MiddleAnchors::NewFor(shown.prompt.prefix);
  std::vector<size_t> anchors = anchors_.Find(shown.prompt);
  if (std::ranges::find(anchors, new_anchor) == anchors.end()) {
    anchors.push_back(new_anchor);
  }
  std::optional<Option> best;
  for (const size_t anchor : anchors) {
    auto option = LayOut(shown, anchor, predict);
    if (!option) return option.error();
    if (best && option->cost.missing >= best->cost.missing) continue;
    best = std::move(*option);
  }
  return *std::move(best);
}

// Now -------------------------------------------------------------------------

base::Result<FimPlan> AnchoredPlanner::BestPlan(const GeneratorPrompt& prompt,
                                                const PredictCost& predict) {
  auto best = AtAnAnchor({.prompt = prompt}, kTokensOfSuffix, predict);
  if (!best) return best.error();
  Use(*best);
  return std::move(best->plan);
}

base::Result<FimPlan> AnchoredPlanner::PlanNow(const GeneratorPrompt& prompt,
                                               const PredictCost& predict) {
  const auto file = WithFile(prompt);
  auto best = Freshest(prompt, file, predict);
  if (!best) return best.error();
  if (auto hurried = Hurry(prompt, file, predict, &*best); !hurried) {
    return hurried.error();
  }
  Use(*best);
  return std::move(best->plan);
}

base::Result<AnchoredPlanner::Option> AnchoredPlanner::Freshest(
    const GeneratorPrompt& prompt, const std::optional<Shown>& file,
    const PredictCost& predict) {
  const Shown window{.prompt = prompt};
  if (!file) return AtAnAnchor(window, kTokensOfSuffix, predict);
  auto of_file = AtAnAnchor(*file, kTokensOfSuffix, predict);
  if (!of_file || IsAtOnce(of_file->cost) ||
      file->prompt.prefix.size() == prompt.prefix.size()) {
    return of_file;
  }
  auto of_window = AtAnAnchor(window, kTokensOfSuffix, predict);
  if (!of_window || of_window->cost.missing < of_file->cost.missing) {
    return of_window;
  }
  return of_file;
}

base::Status AnchoredPlanner::Hurry(const GeneratorPrompt& prompt,
                                    const std::optional<Shown>& file,
                                    const PredictCost& predict, Option* best) {
  if (IsAtOnce(best->cost)) return {};
  const Seconds best_time = best->cost.time;
  for (const auto& [shown, what] : Quicker(prompt, file, best->shown)) {
    auto option = AtAnAnchor(shown, kTokensOfSuffix, predict);
    if (!option) return option.error();
    if (!IsBetterNow(option->cost, best->cost)) continue;
    option->plan.reason = fmt::format(
        "reading the text before the cursor would take {:.0f} ms, {} in {:.0f} "
        "ms",
        best_time.count() * 1e3, what, option->cost.time.count() * 1e3);
    *best = std::move(*option);
  }
  return {};
}

std::vector<std::pair<AnchoredPlanner::Shown, std::string_view>>
AnchoredPlanner::Quicker(const GeneratorPrompt& prompt,
                         const std::optional<Shown>& file, const Shown& best) {
  std::vector<std::pair<Shown, std::string_view>> quicker;
  const std::string_view few_of_suffix =
      FirstTokens(prompt.suffix, kFewTokensOfSuffix);
  const auto add = [&](Shown shown, std::string_view suffix,
                       std::string_view what) {
    shown.prompt.suffix = suffix;
    quicker.emplace_back(std::move(shown), what);
  };
  add(best, few_of_suffix, "it is at hand with less of the text behind it");

  const std::string_view prefix = file ? file->prompt.prefix : prompt.prefix;
  for (const auto& place : read_.Find(prompt.document, prefix)) {
    auto as_read = std::make_shared<std::string>(place.read);
    *as_read += prefix.substr(place.prefix_bytes);
    Shown earlier{.prompt = prompt,
                  .checkpoint_every = file ? file->checkpoint_every : 0,
                  .own_prefix = as_read};
    earlier.prompt.prefix = *as_read;
    earlier.prompt.anchors = {};
    for (const std::string_view suffix : {prompt.suffix, few_of_suffix}) {
      add(earlier, suffix, "it is at hand as it was when it was read");
    }
  }

  Shown nearby{.prompt = prompt};
  nearby.prompt.prefix = nearby_.Cut(std::string(prompt.document),
                                     prompt.prefix, kTokensNearby, Counter());
  nearby.prompt.anchors = {};
  add(std::move(nearby), few_of_suffix, "the lines around it are read");
  return quicker;
}

// In a pause ------------------------------------------------------------------

base::Result<AnchoredPlanner::Option> AnchoredPlanner::AtAnAnchorToWarm(
    const Shown& all_shown, const PredictCost& predict) {
  Shown shown = all_shown;
  GeneratorPrompt& prompt = shown.prompt;
  prompt.suffix = FirstTokens(prompt.suffix, kTokensOfSuffix);
  const std::vector<size_t> anchors = anchors_.Find(prompt);
  const size_t behind = anchors.empty() ? std::string_view::npos
                                        : prompt.prefix.size() - anchors[0];
  const size_t anchor = behind <= kMoveAnchorAfterBytes
                            ? anchors[0]
                            : MiddleAnchors::NewFor(prompt.prefix);
  return LayOut(shown, anchor, predict);
}

base::Result<FimPlan> AnchoredPlanner::PlanToWarm(const GeneratorPrompt& prompt,
                                                  const PredictCost& predict) {
  auto option = AtAnAnchorToWarm({.prompt = prompt}, predict);
  if (!option) return option.error();
  if (const auto file = WithFile(prompt)) {
    auto of_file = AtAnAnchorToWarm(*file, predict);
    if (!of_file) return of_file.error();
    if (of_file->cost.missing <= option->cost.missing) {
      option = std::move(of_file);
    }
  }
  Use(*option);
  return std::move(option->plan);
}

base::Result<std::vector<FimPlan>> AnchoredPlanner::PlansToReadAhead(
    const GeneratorPrompt& prompt, const PredictCost& predict,
    const ReadingLimits& limits) {
  limits_ = limits;
  std::vector<FimPlan> plans;
  const auto file = WithFile(prompt);
  if (!file) return plans;
  auto before = AtAnAnchorToWarm(*file, predict);
  if (!before) return before.error();
  Use(*before);
  plans.push_back(std::move(before->plan));
  auto whole = WholePlan(*file, predict);
  if (!whole) return whole.error();
  plans.push_back(std::move(*whole));
  return plans;
}

// As it was when it was begun to be read, as long as that is nearly how it is.
base::Result<FimPlan> AnchoredPlanner::WholePlan(const Shown& file,
                                                 const PredictCost& predict) {
  Shown shown = file;
  GeneratorPrompt& prompt = shown.prompt;
  const size_t before = layouter_.Count(prompt.prefix);
  std::string whole(prompt.prefix);
  whole +=
      FirstTokens(prompt.file_after,
                  limits_.file_tokens - std::min(limits_.file_tokens, before));
  const std::string_view read = read_.Whole(prompt.document);
  if (read.empty() || ChangedBytes(read, whole) > kMostChangedBytes) {
    read_.SetWhole(prompt.document, whole);
  } else {
    whole = read;
  }
  prompt.prefix = whole;
  prompt.suffix = {};
  prompt.anchors = {};
  auto option = LayOut(shown, whole.size(), predict);
  if (!option) return option.error();
  FimPlan& plan = option->plan;
  plan.tokens.resize(plan.checkpoints.front());
  return std::move(plan);
}

std::optional<AnchoredPlanner::Shown> AnchoredPlanner::WithFile(
    const GeneratorPrompt& prompt) {
  const size_t limit = std::min(limits_.file_tokens, prompt.pause_tokens);
  if (limit == 0) return std::nullopt;
  const std::string_view prefix = files_.Cut(
      std::string(prompt.document), prompt.file_before, limit, Counter());
  if (prefix.size() < prompt.prefix.size()) return std::nullopt;
  Shown shown{.prompt = prompt, .checkpoint_every = CheckpointEvery(prompt)};
  shown.prompt.prefix = prefix;
  shown.prompt.anchors = {};  // there are enough checkpoints
  return shown;
}

size_t AnchoredPlanner::CheckpointEvery(const GeneratorPrompt& prompt) const {
  if (limits_.snapshots == 0) return 0;
  const size_t bytes = prompt.file_before.size() + prompt.file_after.size();
  const size_t grown = bytes / kBytesPerToken / kFileGrowsBy + 1;
  const size_t tokens = std::min(limits_.file_tokens, grown * kFileGrowsBy);
  const size_t blocks = tokens / limits_.snapshots / engine::kBlockTokens + 1;
  return std::max(kLeastCheckpointDistance, blocks * engine::kBlockTokens);
}

}  // namespace krait::daemon
