// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/fim_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "daemon/completion/text/words.h"
#include "engine/tokenizer/line_ends.h"

namespace krait::daemon {
namespace {

using engine::FimLayout;
using Seconds = PromptCost::Seconds;

// Up to here the better answer is worth waiting for: better than one without a
// suffix, and than one with an earlier suffix, which is nearly as good.
constexpr Seconds kPatience{0.15};
constexpr Seconds kPatienceNearby{0.03};

// What is at hand must be this much quicker to be taken instead.
constexpr double kWorthIt = 4;

// Tokens of a word that are said anew: more than most identifiers have.
constexpr size_t kMaxHealed = 8;

}  // namespace

FimLayout TrainedLayout(const engine::Tokenizer& tokenizer) {
  switch (tokenizer.special().fim_training) {
    case engine::FimTraining::kSpm:
    case engine::FimTraining::kSpmAndPsm:
      return FimLayout::kSpm;
    case engine::FimTraining::kPsm:
      return FimLayout::kPsm;
    case engine::FimTraining::kEmulated:
      return FimLayout::kEmulated;
    case engine::FimTraining::kNone:
      break;
  }
  switch (tokenizer.special().fim_order) {
    case engine::FimOrder::kSpm:
      return FimLayout::kSpm;
    case engine::FimOrder::kPsm:
      return FimLayout::kPsm;
    case engine::FimOrder::kNone:
      break;
  }
  return FimLayout::kEmulated;
}

std::optional<engine::TokenId> FileToken(const engine::Hyperparameters& hparams,
                                         const engine::Tokenizer& tokenizer) {
  const auto& named = tokenizer.special().fim_file;
  return named ? named : hparams.file_token;
}

FimPlanner::FimPlanner(const engine::Tokenizer& tokenizer,
                       const engine::Hyperparameters& hparams,
                       std::optional<FimLayout> layout)
    : layouter_(tokenizer, FileToken(hparams, tokenizer)),
      anchored_(layouter_),
      layout_(layout),
      indentation_joins_newline_(engine::IndentationJoinsNewline(tokenizer)) {}

FimLayout FimPlanner::BestLayout(
    const completion::GeneratorPrompt& prompt) const {
  if (layout_) return *layout_;
  const FimLayout trained = TrainedLayout(layouter_.tokenizer());
  if (trained == FimLayout::kEmulated && prompt.suffix.empty()) {
    return FimLayout::kPrefix;
  }
  return trained == FimLayout::kPsm ? FimLayout::kAnchoredPsm : trained;
}

// Takes the last token off the prompt if it may be the beginning of another
// one, and those before it that belong to the same word. A line's end may be
// one only where it joins the next line's indentation.
void FimPlanner::HealTokens(Healing heal, FimPlan* plan) const {
  if (heal == Healing::kNone || plan->layout == FimLayout::kPsm) return;
  for (size_t healed = 0; healed < kMaxHealed && plan->tokens.size() >= 2;
       ++healed) {
    const engine::TokenId last = plan->tokens.back();
    if (layouter_.tokenizer().IsControl(last)) return;
    const std::string_view bytes = layouter_.tokenizer().TokenBytes(last);
    if (bytes.empty()) return;
    if (bytes.back() == '\n' && !indentation_joins_newline_) return;
    const bool goes_on =
        healed == 0 || (completion::IsWordByte(bytes.back()) &&
                        completion::IsWordByte(plan->beginning.front()));
    if (!goes_on) return;
    plan->beginning.insert(0, bytes);
    plan->tokens.pop_back();
    if (heal == Healing::kToken) return;
  }
}

base::Result<FimPlan> FimPlanner::PlanNow(
    const completion::GeneratorPrompt& prompt, Healing heal,
    const PredictCost& predict) {
  auto plan = Plan(prompt, predict);
  if (plan) HealTokens(heal, &*plan);
  return plan;
}

base::Result<FimPlan> FimPlanner::Plan(
    const completion::GeneratorPrompt& prompt, const PredictCost& predict) {
  const FimLayout layout = BestLayout(prompt);
  if (layout == FimLayout::kAnchoredPsm) {
    return layout_ ? anchored_.BestPlan(prompt, predict)
                   : anchored_.PlanNow(prompt, predict);
  }
  auto best = layouter_.LayOut(layout, prompt);
  if (!best || layout_) return best;
  if (auto quicker = QuickerPlan(prompt, *best, predict)) return *quicker;
  return best;
}

std::optional<FimPlan> FimPlanner::QuickerPlan(
    const completion::GeneratorPrompt& prompt, const FimPlan& best,
    const PredictCost& predict) {
  const Seconds best_time = predict(best.tokens).time;
  const auto if_worth_it = [&](FimLayout layout,
                               const completion::GeneratorPrompt& other,
                               std::string_view what) {
    auto plan = layouter_.LayOut(layout, other);
    std::optional<FimPlan> quicker;
    if (!plan) return quicker;
    const Seconds time = predict(plan->tokens).time;
    if (time * kWorthIt > best_time) return quicker;
    plan->reason = fmt::format(
        "the suffix is new: reading it would take {:.0f} ms, {} is at hand in "
        "{:.0f} ms",
        best_time.count() * 1e3, what, time.count() * 1e3);
    quicker = std::move(*plan);
    return quicker;
  };
  // One that comes behind the prefix is always read.
  const bool suffix_first =
      best.layout == FimLayout::kSpm || best.layout == FimLayout::kEmulated;
  if (prompt.earlier_suffix && suffix_first && best_time > kPatienceNearby) {
    completion::GeneratorPrompt nearby = prompt;
    nearby.suffix = *prompt.earlier_suffix;
    auto plan = if_worth_it(best.layout, nearby, "that of the last place");
    if (plan) return plan;
  }
  if (best.layout == FimLayout::kPrefix || best_time <= kPatience) {
    return std::nullopt;
  }
  if (layouter_.tokenizer().special().fim_training ==
      engine::FimTraining::kSpmAndPsm) {
    auto plan = if_worth_it(FimLayout::kPsm, prompt, "a prompt with it last");
    if (plan) return plan;
  }
  return if_worth_it(FimLayout::kPrefix, prompt, "the text before the cursor");
}

base::Result<std::vector<FimPlan>> FimPlanner::PlansToWarm(
    const completion::GeneratorPrompt& prompt, const PredictCost& predict) {
  const FimLayout layout = BestLayout(prompt);
  const bool anchored = layout == FimLayout::kAnchoredPsm;
  auto best = anchored ? anchored_.PlanToWarm(prompt, predict)
                       : layouter_.LayOut(layout, prompt);
  if (!best) return best.error();
  std::vector<FimPlan> plans;
  // What a jump within this window would cost.
  const bool slow = !anchored && layout != FimLayout::kPrefix &&
                    predict(best->tokens).cold_time > kPatience;
  plans.push_back(std::move(*best));
  if (slow) {
    const bool psm = layouter_.tokenizer().special().fim_training ==
                     engine::FimTraining::kSpmAndPsm;
    auto prefix =
        layouter_.LayOut(psm ? FimLayout::kPsm : FimLayout::kPrefix, prompt);
    if (!prefix) return plans;
    // After a jump another suffix will come behind it.
    if (psm) prefix->tokens.resize(prefix->checkpoints.front());
    plans.push_back(std::move(*prefix));
  }
  return plans;
}

base::Result<std::vector<FimPlan>> FimPlanner::PlansToReadAhead(
    const completion::GeneratorPrompt& prompt, const PredictCost& predict,
    const ReadingLimits& limits) {
  if (layout_ || BestLayout(prompt) != FimLayout::kAnchoredPsm) {
    return std::vector<FimPlan>();
  }
  return anchored_.PlansToReadAhead(prompt, predict, limits);
}

}  // namespace krait::daemon
