// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_GENERATION_H_
#define KRAIT_ENGINE_RUN_GENERATION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/arch/model.h"
#include "engine/file/token.h"
#include "engine/run/beginning.h"
#include "engine/run/next_logits.h"
#include "engine/run/sampler.h"
#include "engine/run/session.h"

namespace krait::engine {

class DraftLength;
class Drafter;
class TextMemory;

enum class StopReason : uint8_t {
  kEndOfSequence,
  kMaxTokens,
  kCallback,  // on_token returned false
  kCancelled,
  kNotFinite,  // of the model's logits some are no numbers: broken weights
};

// A token that may come next, and the natural log of its probability.
struct LikelyToken {
  TokenId id = 0;
  float logprob = 0;
};

struct GenerateOptions {
  SamplerOptions sampler = {};
  size_t max_tokens = 64;
  bool ignore_end_of_sequence = false;
  // The first token is the likeliest but so many: for alternatives.
  size_t first_rank = 0;
  // So many of the likeliest tokens are kept at each place, for likeliest().
  size_t likeliest = 0;
  // What the generation has to begin with, if not null; advances with it.
  Beginning* beginning = nullptr;
  // What is mixed into the model's distribution, if not null; advances with it.
  TextMemory* memory = nullptr;
  // What guesses tokens to be fed with one that was chosen, if not null, and
  // decides how many. Nothing that is generated depends on it.
  Drafter* drafter = nullptr;
  DraftLength* draft_length = nullptr;
  // Called after each token, with the natural log of its probability under
  // the distribution (restricted by `beginning`, mixed with `memory`) before
  // the sampler; returning false ends the generation (the token counts as
  // generated).
  std::function<bool(TokenId token, float logprob)> on_token = {};
};

struct Generation {
  std::vector<TokenId> tokens;  // without the end-of-sequence token
  double sum_logprob = 0;
  size_t batches = 0;  // that the model was fed (Generate)
  StopReason reason = StopReason::kMaxTokens;
};

// Chooses the tokens of one generation, one at a time. Whoever has it feeds
// them to the model, which may be in a batch with those of others.
// Thread-compatible.
class TokenPicker {
 public:
  TokenPicker(const Model& model, GenerateOptions options);

  // How many of the largest logits are enough for the next Pick, which chooses
  // with these what it would with all, and tells the same of it but for how a
  // sum of all logits is rounded; 0: it wants all.
  size_t NeededTop() const;

  // Chooses the token after `logits`, which has what NeededTop() says. Returns
  // nothing if it, the last of generation(), is to be fed and Pick to be called
  // with what comes then; otherwise why the generation ends: what was chosen,
  // if anything, need not be fed.
  std::optional<StopReason> Pick(NextLogits logits);

  // Returns how to feed `token`, that was chosen last (it may be by another
  // picker before), to `session`; good until the next Pick.
  DecodeFeed NextFeed(Session& session, TokenId token, bool may_draft) const;

  // What could have come in place of the token chosen last, and that token, by
  // probability; fewer than were asked for if no more are possible. Valid until
  // the next Pick; within on_token they are those of its token.
  std::span<const LikelyToken> likeliest() const { return likeliest_; }

  // What was chosen so far; `reason` has no meaning yet.
  const Generation& generation() const { return generation_; }

 private:
  // Whether alternatives begin with the token that comes next.
  bool ranks_next() const {
    return options_.first_rank > 0 && generation_.tokens.empty();
  }
  std::optional<TokenId> Choose(const NextLogits& logits);

  GenerateOptions options_;
  Sampler sampler_;
  std::optional<TokenId> end_;
  Generation generation_;
  std::vector<LikelyToken> likeliest_;
};

// DecodeBatch; of one sequence's batch `length`, if not null, learns what it
// took.
void FeedBatch(std::span<const DecodeFeed> feeds, DraftLength* length);

// Continues `session` (which has been fed at least one token), checking `stop`
// before each step. The last token of the result has not been fed.
Generation Generate(Session& session, const GenerateOptions& options,
                    std::stop_token stop = {});

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_GENERATION_H_
