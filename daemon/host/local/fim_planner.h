// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_FIM_PLANNER_H_
#define KRAIT_DAEMON_HOST_LOCAL_FIM_PLANNER_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/local/anchored_planner.h"
#include "daemon/host/local/fim_layouter.h"
#include "engine/file/token.h"
#include "engine/model/hyperparameters.h"
#include "engine/prompt/fim.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::daemon {

// What a model is to say anew of the text before the cursor, see
// GeneratorRequest: nothing, the last token, or all that the word at the cursor
// has begun with.
enum class Healing : uint8_t { kNone, kToken, kWord };

// Returns the layout that a model was trained for; kEmulated if for none, kSpm
// if for both: while one types it costs only what is typed. What the user says
// counts more than what the model's file does, and that more than the names of
// its tokens.
engine::FimLayout TrainedLayout(const engine::Tokenizer& tokenizer);

// Returns the token of the header that the model's prompts begin with, if any.
std::optional<engine::TokenId> FileToken(const engine::Hyperparameters& hparams,
                                         const engine::Tokenizer& tokenizer);

// Lays out prompts, and chooses the layout by what the states at hand make
// quick. The layout that the model was trained for is the better one, but
// after a jump its suffix, which comes first, is new, and all of it would have
// to be computed. If that takes longer than one would wait, an answer at hand
// is better: that with the suffix of an earlier place nearby, if its state is
// warm; or with the suffix last, if the model was trained for that, too; or
// else that from the prefix alone.
//
// For a model that was trained with the suffix last see AnchoredPlanner.
//
// Thread-compatible.
class FimPlanner {
 public:
  // `layout`: lays out all prompts so, whatever the model was trained for and
  // however long that takes.
  FimPlanner(const engine::Tokenizer& tokenizer,
             const engine::Hyperparameters& hparams,
             std::optional<engine::FimLayout> layout = {});

  // The plan for a completion that somebody waits for.
  base::Result<FimPlan> PlanNow(const completion::GeneratorPrompt& prompt,
                                Healing heal, const PredictCost& predict);

  // The plans whose states should be warm, in this order.
  base::Result<std::vector<FimPlan>> PlansToWarm(
      const completion::GeneratorPrompt& prompt, const PredictCost& predict);
  // And those for other places of the file, once these are.
  base::Result<std::vector<FimPlan>> PlansToReadAhead(
      const completion::GeneratorPrompt& prompt, const PredictCost& predict,
      const ReadingLimits& limits);

  size_t CountTokens(std::string_view text) { return layouter_.Count(text); }

  // Lets go of the text that it remembers.
  void Forget() {
    layouter_.Forget();
    anchored_.Forget();
  }

 private:
  base::Result<FimPlan> Plan(const completion::GeneratorPrompt& prompt,
                             const PredictCost& predict);
  // Returns a plan that is so much quicker than the best one that it is better;
  // nothing if there is none.
  std::optional<FimPlan> QuickerPlan(const completion::GeneratorPrompt& prompt,
                                     const FimPlan& best,
                                     const PredictCost& predict);
  void HealTokens(Healing heal, FimPlan* plan) const;
  engine::FimLayout BestLayout(const completion::GeneratorPrompt& prompt) const;

  FimLayouter layouter_;
  AnchoredPlanner anchored_;
  const std::optional<engine::FimLayout> layout_;
  const bool indentation_joins_newline_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_FIM_PLANNER_H_
