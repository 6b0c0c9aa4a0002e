// SPDX-License-Identifier: Apache-2.0
#include "engine/run/generation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>
#include <utility>

#include "engine/memory/text_memory.h"
#include "engine/run/drafter.h"

namespace krait::engine {

namespace {

// Returns the token before which `rank` others are likelier; nothing if there
// are not as many.
std::optional<TokenId> TokenOfRank(const NextLogits& logits, size_t rank) {
  std::vector<TokenLogit> possible;
  logits.AppendPossible(&possible);
  if (rank >= possible.size()) return std::nullopt;
  const auto ranked = possible.begin() + static_cast<ptrdiff_t>(rank);
  std::nth_element(possible.begin(), ranked, possible.end(), Likelier);
  return ranked->id;
}

// Returns the `count` likeliest tokens, or as many as there are. `log_sum`: of
// the exponentials of all logits.
std::vector<LikelyToken> LikeliestTokens(const NextLogits& logits, size_t count,
                                         float log_sum) {
  std::vector<TokenLogit> possible;
  logits.AppendPossible(&possible);
  const size_t kept = std::min(count, possible.size());
  std::partial_sort(possible.begin(),
                    possible.begin() + static_cast<ptrdiff_t>(kept),
                    possible.end(), Likelier);
  possible.resize(kept);
  std::vector<LikelyToken> likeliest;
  likeliest.reserve(kept);
  for (const auto& [id, logit] : possible) {
    likeliest.push_back({id, logit - log_sum});
  }
  return likeliest;
}

}  // namespace

TokenPicker::TokenPicker(const Model& model, GenerateOptions options)
    : options_(std::move(options)), sampler_(options_.sampler) {
  if (!options_.ignore_end_of_sequence && model.has_tokenizer()) {
    end_ = model.tokenizer().special().eos;
  }
}

// What is mixed in, or must come next, may be anything.
size_t TokenPicker::NeededTop() const {
  const bool is_restricted =
      options_.beginning != nullptr && !options_.beginning->done();
  if (is_restricted || options_.memory != nullptr) return 0;
  const size_t to_choose =
      ranks_next() ? options_.first_rank + 1 : sampler_.NeededTop();
  const size_t needed = std::max(to_choose, options_.likeliest);
  return to_choose == 0 || needed > kMaxTopLogits ? 0 : needed;
}

std::optional<TokenId> TokenPicker::Choose(const NextLogits& logits) {
  return ranks_next() ? TokenOfRank(logits, options_.first_rank)
                      : sampler_.Sample(logits);
}

std::optional<StopReason> TokenPicker::Pick(NextLogits logits) {
  std::vector<TokenId>& tokens = generation_.tokens;
  if (tokens.size() >= options_.max_tokens) return StopReason::kMaxTokens;
  if (options_.beginning != nullptr && !options_.beginning->done()) {
    logits = options_.beginning->Restrict(logits.all());
  }
  if (options_.memory != nullptr) {
    logits =
        options_.memory->Mix(logits.all(), options_.beginning == nullptr
                                               ? std::string_view()
                                               : options_.beginning->text());
  }
  const std::optional<TokenId> token = Choose(logits);
  if (!token) return StopReason::kNotFinite;
  // Of logits some of which are no numbers no token has a probability.
  const float log_sum = logits.LogSum();
  if (!std::isfinite(log_sum)) return StopReason::kNotFinite;
  if (end_ && *token == *end_) return StopReason::kEndOfSequence;
  const float logprob = logits.LogitOf(*token) - log_sum;
  if (options_.likeliest > 0) {
    likeliest_ = LikeliestTokens(logits, options_.likeliest, log_sum);
  }
  tokens.push_back(*token);
  if (options_.memory != nullptr) options_.memory->Accept(*token);
  if (options_.drafter != nullptr) options_.drafter->Say(*token);
  generation_.sum_logprob += static_cast<double>(logprob);
  if (options_.on_token && !options_.on_token(*token, logprob)) {
    return StopReason::kCallback;
  }
  // The last token is not fed: nobody would read its logits.
  if (tokens.size() == options_.max_tokens) return StopReason::kMaxTokens;
  return std::nullopt;
}

DecodeFeed TokenPicker::NextFeed(Session& session, TokenId token,
                                 bool may_draft) const {
  DecodeFeed feed{.session = &session, .token = token, .enough = NeededTop()};
  if (!may_draft || options_.drafter == nullptr) return feed;
  // The last token of all is not fed.
  const size_t fed = generation_.tokens.size() + 1;
  feed.draft = options_.drafter->Draft(
      *options_.draft_length,
      options_.max_tokens - std::min(options_.max_tokens, fed));
  return feed;
}

void FeedBatch(std::span<const DecodeFeed> feeds, DraftLength* length) {
  const auto begin = std::chrono::steady_clock::now();
  DecodeBatch(feeds);
  if (length == nullptr || feeds.size() != 1) return;
  length->Took(1 + feeds[0].draft.size(),
               std::chrono::steady_clock::now() - begin);
}

Generation Generate(Session& session, const GenerateOptions& options,
                    std::stop_token stop) {
  TokenPicker picker(session.model(), options);
  size_t batches = 0;
  std::optional<StopReason> reason;
  while (!reason) {
    if (stop.stop_requested()) {
      reason = StopReason::kCancelled;
      break;
    }
    reason = picker.Pick(session.next());
    if (reason) break;
    const TokenId token = picker.generation().tokens.back();
    if (session.TakeDraft(token)) continue;
    const DecodeFeed feed = picker.NextFeed(session, token, true);
    FeedBatch({&feed, 1}, options.draft_length);
    ++batches;
  }
  Generation generation = picker.generation();
  generation.batches = batches;
  generation.reason = *reason;
  return generation;
}

}  // namespace krait::engine
