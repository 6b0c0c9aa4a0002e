// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/fim_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "daemon/completion/text/text_window.h"
#include "daemon/completion/text/words.h"

namespace krait::daemon {
namespace {

using engine::FimLayout;

// Up to here the better answer is worth waiting for: better than one without a
// suffix, and than one with an earlier suffix, which is nearly as good.
constexpr std::chrono::duration<double> kPatience{0.15};
constexpr std::chrono::duration<double> kPatienceNearby{0.03};

// What is at hand must be this much quicker to be taken instead.
constexpr double kWorthIt = 4;

// Of a suffix that a jump has read anew, whatever more would be allowed.
constexpr size_t kMostTokensOfLastSuffix = 192;

// In a pause the anchor moves if more text than this is behind it.
constexpr size_t kMoveAnchorAfterBytes = 256;

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

FimLayout FimPlanner::BestLayout(
    const completion::GeneratorPrompt& prompt) const {
  if (layout_) return *layout_;
  const FimLayout trained = TrainedLayout(lines_.tokenizer());
  if (trained == FimLayout::kEmulated && prompt.suffix.empty()) {
    return FimLayout::kPrefix;
  }
  return trained == FimLayout::kPsm ? FimLayout::kAnchoredPsm : trained;
}

base::Result<FimPlan> FimPlanner::LayOut(
    FimLayout layout, const completion::GeneratorPrompt& prompt,
    size_t anchor) {
  const bool anchored = layout == FimLayout::kAnchoredPsm;
  if (!anchored) anchor = prompt.prefix.size();
  const auto laid_out =
      engine::LayOutFim(lines_.tokenizer(), layout,
                        {.path = file_token_ ? prompt.path : std::string_view(),
                         .prefix = prompt.prefix,
                         .suffix = prompt.suffix,
                         .anchor = anchor},
                        file_token_);
  if (!laid_out) return laid_out.error();
  engine::EncodedPrompt encoded = engine::Encode(laid_out->pieces, lines_);
  FimPlan plan;
  plan.layout = layout;
  const size_t prefix_end = encoded.ends[laid_out->prefix];
  if (anchored || layout == FimLayout::kPsm) {
    plan.checkpoints.push_back(prefix_end);
  }
  if (anchored)
    plan.checkpoints.push_back(encoded.ends[encoded.ends.size() - 2]);
  for (const size_t begin : prompt.anchors) {
    if (begin > anchor) continue;
    const size_t after =
        lines_.Count(prompt.prefix.substr(begin, anchor - begin));
    if (after < prefix_end) plan.checkpoints.push_back(prefix_end - after);
  }
  plan.tokens = std::move(encoded.ids);
  return plan;
}

// Takes the last token off the prompt if it may be the beginning of another
// one: if it ends neither a line nor a statement; and those before it that
// belong to the same word.
void FimPlanner::HealTokens(Healing heal, FimPlan* plan) const {
  if (heal == Healing::kNone || plan->layout == FimLayout::kPsm) return;
  for (size_t healed = 0; healed < kMaxHealed && plan->tokens.size() >= 2;
       ++healed) {
    const engine::TokenId last = plan->tokens.back();
    if (lines_.tokenizer().IsControl(last)) return;
    const std::string_view bytes = lines_.tokenizer().TokenBytes(last);
    if (bytes.empty() || bytes.back() == '\n') return;
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
    const PredictTime& predict) {
  auto best = BestPlan(prompt, predict);
  if (!best) return best.error();
  if (auto quicker = QuickerPlan(prompt, *best, predict)) {
    best = std::move(*quicker);
  }
  HealTokens(heal, &*best);
  return best;
}

base::Result<FimPlan> FimPlanner::BestPlan(
    const completion::GeneratorPrompt& prompt, const PredictTime& predict) {
  const FimLayout layout = BestLayout(prompt);
  if (layout != FimLayout::kAnchoredPsm) return LayOut(layout, prompt);
  completion::GeneratorPrompt shorter = prompt;
  shorter.suffix = LastSuffix(prompt.suffix);
  return BestAnchoredPlan(shorter, predict);
}

// The quickest of those behind the anchors that there are, and a new one.
base::Result<FimPlan> FimPlanner::BestAnchoredPlan(
    const completion::GeneratorPrompt& prompt, const PredictTime& predict) {
  const size_t new_anchor = MiddleAnchors::NewFor(prompt.prefix);
  std::vector<size_t> anchors = anchors_.Find(prompt);
  if (std::ranges::find(anchors, new_anchor) == anchors.end()) {
    anchors.push_back(new_anchor);
  }
  std::optional<FimPlan> best;
  size_t best_anchor = 0;
  Seconds best_time{};
  for (const size_t anchor : anchors) {
    auto plan = LayOut(FimLayout::kAnchoredPsm, prompt, anchor);
    if (!plan) return plan.error();
    const Seconds time = predict(plan->tokens);
    if (best && time >= best_time) continue;
    best = std::move(*plan);
    best_anchor = anchor;
    best_time = time;
  }
  anchors_.Add(prompt, best_anchor);
  return *std::move(best);
}

// Behind the anchor in use, if little is: else behind a new one, which is used
// once it is warm.
base::Result<FimPlan> FimPlanner::AnchoredPlanToWarm(
    const completion::GeneratorPrompt& whole) {
  completion::GeneratorPrompt prompt = whole;
  prompt.suffix = LastSuffix(whole.suffix);
  const std::vector<size_t> anchors = anchors_.Find(prompt);
  const size_t behind = anchors.empty() ? std::string_view::npos
                                        : prompt.prefix.size() - anchors[0];
  const size_t anchor = behind <= kMoveAnchorAfterBytes
                            ? anchors[0]
                            : MiddleAnchors::NewFor(prompt.prefix);
  anchors_.Add(prompt, anchor);
  return LayOut(FimLayout::kAnchoredPsm, prompt, anchor);
}

std::string_view FimPlanner::LastSuffix(std::string_view suffix) {
  return completion::CutSuffix(
      suffix, kMostTokensOfLastSuffix,
      [this](std::string_view text) { return lines_.Count(text); });
}

std::optional<FimPlan> FimPlanner::QuickerPlan(
    const completion::GeneratorPrompt& prompt, const FimPlan& best,
    const PredictTime& predict) {
  if (layout_) return std::nullopt;
  const Seconds best_time = predict(best.tokens);
  const auto if_worth_it = [&](FimLayout layout,
                               const completion::GeneratorPrompt& other,
                               std::string_view what) {
    auto plan = LayOut(layout, other);
    std::optional<FimPlan> quicker;
    if (!plan) return quicker;
    const Seconds time = predict(plan->tokens);
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
  if (lines_.tokenizer().special().fim_training ==
      engine::FimTraining::kSpmAndPsm) {
    auto plan = if_worth_it(FimLayout::kPsm, prompt, "a prompt with it last");
    if (plan) return plan;
  }
  return if_worth_it(FimLayout::kPrefix, prompt, "the text before the cursor");
}

base::Result<std::vector<FimPlan>> FimPlanner::PlansToWarm(
    const completion::GeneratorPrompt& prompt, const PredictTime& predict) {
  const FimLayout layout = BestLayout(prompt);
  const bool anchored = layout == FimLayout::kAnchoredPsm;
  auto best = anchored ? AnchoredPlanToWarm(prompt) : LayOut(layout, prompt);
  if (!best) return best.error();
  std::vector<FimPlan> plans;
  // What a jump within this window would cost.
  const bool slow = !anchored && layout != FimLayout::kPrefix &&
                    predict(best->tokens) > kPatience;
  plans.push_back(std::move(*best));
  if (slow) {
    const bool psm = lines_.tokenizer().special().fim_training ==
                     engine::FimTraining::kSpmAndPsm;
    auto prefix = LayOut(psm ? FimLayout::kPsm : FimLayout::kPrefix, prompt);
    if (!prefix) return plans;
    // After a jump another suffix will come behind it.
    if (psm) prefix->tokens.resize(prefix->checkpoints.front());
    plans.push_back(std::move(*prefix));
  }
  return plans;
}

}  // namespace krait::daemon
