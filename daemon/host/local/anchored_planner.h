// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_ANCHORED_PLANNER_H_
#define KRAIT_DAEMON_HOST_LOCAL_ANCHORED_PLANNER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/completion/text/prefix_memory.h"
#include "daemon/completion/text/text_window.h"
#include "daemon/host/local/fim_layouter.h"
#include "daemon/host/local/middle_anchors.h"
#include "daemon/host/local/read_texts.h"

namespace krait::daemon {

// What may be read of a file while nobody waits.
struct ReadingLimits {
  // Tokens before and behind the cursor; 0: what a prompt shows, no more.
  size_t file_tokens = 0;
  // States of a file that fit into memory beside each other, if a prompt can
  // only go on from one; 0: it can go on anywhere.
  size_t snapshots = 0;
};

// Plans prompts in the layout FimLayout::kAnchoredPsm: prefix up to an anchor,
// suffix, what follows the anchor.
//
// The prefix is, while nobody waits, the file from its beginning if it fits,
// with checkpoints on the way: a jump costs the way from the nearest one, and
// the suffix. For somebody who waits a plan that is at hand is better than one
// that takes long. From the best one down these are: the file, or the window
// before the cursor; the same with less of the suffix; the text as it was when
// it was read, if it ends like the prefix does (an edit further up, which is
// read in the next pause, does not show until then); and the lines around the
// cursor alone, so few that they are quickly read.
//
// Thread-compatible.
class AnchoredPlanner {
 public:
  // `layouter` must outlive it.
  explicit AnchoredPlanner(FimLayouter& layouter) : layouter_(layouter) {}

  // The plan for a completion that somebody waits for.
  base::Result<FimPlan> PlanNow(const completion::GeneratorPrompt& prompt,
                                const PredictCost& predict);
  // The same, whatever it takes, of what the prompt shows.
  base::Result<FimPlan> BestPlan(const completion::GeneratorPrompt& prompt,
                                 const PredictCost& predict);

  // The plan whose state should be warm for the next one.
  base::Result<FimPlan> PlanToWarm(const completion::GeneratorPrompt& prompt,
                                   const PredictCost& predict);
  // Those that make others quick: of the file up to the cursor, and of all of
  // it. None if what the prompt shows is all that may be read.
  base::Result<std::vector<FimPlan>> PlansToReadAhead(
      const completion::GeneratorPrompt& prompt, const PredictCost& predict,
      const ReadingLimits& limits);

  void Forget();

 private:
  // What a plan is made of: what it shows, and at which distances its states
  // are kept on the way; 0: at none.
  struct Shown {
    completion::GeneratorPrompt prompt;
    size_t checkpoint_every = 0;
    // What the prompt's prefix refers to, if that is not the request's.
    std::shared_ptr<const std::string> own_prefix = nullptr;
  };
  struct Option {
    Shown shown;
    size_t anchor = 0;
    FimPlan plan;
    PromptCost cost;
  };

  base::Result<Option> LayOut(const Shown& shown, size_t anchor,
                              const PredictCost& predict);
  // The quickest of those behind the anchors that there are, and a new one.
  base::Result<Option> AtAnAnchor(const Shown& shown, size_t suffix_tokens,
                                  const PredictCost& predict);
  // That of the file, if there is one, or of what the prompt shows if that is
  // quicker.
  base::Result<Option> Freshest(const completion::GeneratorPrompt& prompt,
                                const std::optional<Shown>& file,
                                const PredictCost& predict);
  // Makes `best` a quicker one if that is better for somebody who waits.
  base::Status Hurry(const completion::GeneratorPrompt& prompt,
                     const std::optional<Shown>& file,
                     const PredictCost& predict, Option* best);
  // What is worth trying then, from the best on, and why it would be taken.
  std::vector<std::pair<Shown, std::string_view>> Quicker(
      const completion::GeneratorPrompt& prompt,
      const std::optional<Shown>& file, const Shown& best);
  // Behind the anchor in use, if little is: else behind a new one, which is
  // used once it is warm.
  base::Result<Option> AtAnAnchorToWarm(const Shown& shown,
                                        const PredictCost& predict);
  // All of the file that may be read, without a suffix.
  base::Result<FimPlan> WholePlan(const Shown& file,
                                  const PredictCost& predict);

  // The same prompt with all of the file before the cursor that may be read;
  // nothing if that is less than it shows.
  std::optional<Shown> WithFile(const completion::GeneratorPrompt& prompt);
  size_t CheckpointEvery(const completion::GeneratorPrompt& prompt) const;
  std::string_view FirstTokens(std::string_view text, size_t tokens);
  completion::TokenCounter Counter();
  // It is run next.
  void Use(const Option& option);

  FimLayouter& layouter_;
  MiddleAnchors anchors_;
  ReadTexts read_;
  completion::PrefixMemory files_;   // where their prefixes begin
  completion::PrefixMemory nearby_;  // and those of few lines
  ReadingLimits limits_;             // of what was read ahead last
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_ANCHORED_PLANNER_H_
