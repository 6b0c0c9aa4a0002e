// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_FIM_PLANNER_H_
#define KRAIT_DAEMON_HOST_LOCAL_FIM_PLANNER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/local/middle_anchors.h"
#include "engine/file/token.h"
#include "engine/model/hyperparameters.h"
#include "engine/prompt/fim.h"
#include "engine/tokenizer/line_tokenizer.h"

namespace krait::daemon {

// A prompt in one layout.
struct FimPlan {
  engine::FimLayout layout = engine::FimLayout::kPrefix;
  std::vector<engine::TokenId> tokens;
  // Positions in `tokens` where states are worth keeping.
  std::vector<size_t> checkpoints;
  // What the generation has to begin with: text before the cursor that is not
  // in `tokens`.
  std::string beginning;
  std::string reason;  // why not the layout that the model was trained for
};

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
// For a model that was trained with the suffix last, the middle begins at an
// anchor (MiddleAnchors): typing only appends, and a jump costs the suffix. The
// anchor moves in a pause, or when what is behind it has grown long.
//
// Thread-compatible.
class FimPlanner {
 public:
  using Seconds = std::chrono::duration<double>;
  // How long a set of tokens would take to compute.
  using PredictTime =
      std::function<Seconds(const std::vector<engine::TokenId>&)>;

  // `layout`: lays out all prompts so, whatever the model was trained for.
  FimPlanner(const engine::Tokenizer& tokenizer,
             const engine::Hyperparameters& hparams,
             std::optional<engine::FimLayout> layout = {})
      : lines_(tokenizer),
        file_token_(FileToken(hparams, tokenizer)),
        layout_(layout) {}

  // The plan for a completion that somebody waits for.
  base::Result<FimPlan> PlanNow(const completion::GeneratorPrompt& prompt,
                                Healing heal, const PredictTime& predict);

  // The plans whose states should be warm, in this order.
  base::Result<std::vector<FimPlan>> PlansToWarm(
      const completion::GeneratorPrompt& prompt, const PredictTime& predict);

  size_t CountTokens(std::string_view text) { return lines_.Count(text); }

  // Lets go of the text that it remembers.
  void Forget() {
    lines_.Forget();
    anchors_.Forget();
  }

 private:
  base::Result<FimPlan> LayOut(engine::FimLayout layout,
                               const completion::GeneratorPrompt& prompt,
                               size_t anchor = 0);
  base::Result<FimPlan> BestPlan(const completion::GeneratorPrompt& prompt,
                                 const PredictTime& predict);
  base::Result<FimPlan> BestAnchoredPlan(
      const completion::GeneratorPrompt& prompt, const PredictTime& predict);
  base::Result<FimPlan> AnchoredPlanToWarm(
      const completion::GeneratorPrompt& prompt);
  // Returns a plan that is so much quicker than the best one that it is better;
  // nothing if there is none.
  std::optional<FimPlan> QuickerPlan(const completion::GeneratorPrompt& prompt,
                                     const FimPlan& best,
                                     const PredictTime& predict);
  void HealTokens(Healing heal, FimPlan* plan) const;
  engine::FimLayout BestLayout(const completion::GeneratorPrompt& prompt) const;
  // What a layout with the suffix last shows of it.
  std::string_view LastSuffix(std::string_view suffix);

  engine::LineTokenizer lines_;
  MiddleAnchors anchors_;
  const std::optional<engine::TokenId> file_token_;
  const std::optional<engine::FimLayout> layout_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_FIM_PLANNER_H_
