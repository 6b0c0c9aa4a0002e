// SPDX-License-Identifier: Apache-2.0
#include "engine/run/generation.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "engine/memory/text_memory.h"
#include "simd/elementwise.h"

namespace krait::engine {

namespace {

// The order of tokens: the likelier first and, of equals, the lower id.
auto Likelier(std::span<const float> logits) {
  return [logits](TokenId a, TokenId b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  };
}

// Returns the tokens that may come next, by id.
std::vector<TokenId> PossibleTokens(std::span<const float> logits) {
  std::vector<TokenId> ids;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::isfinite(logits[i])) ids.push_back(static_cast<TokenId>(i));
  }
  return ids;
}

// Returns the token before which `rank` others are likelier; nothing if there
// are not as many.
std::optional<TokenId> TokenOfRank(std::span<const float> logits, size_t rank) {
  std::vector<TokenId> ids = PossibleTokens(logits);
  if (rank >= ids.size()) return std::nullopt;
  const auto ranked = ids.begin() + static_cast<ptrdiff_t>(rank);
  std::nth_element(ids.begin(), ranked, ids.end(), Likelier(logits));
  return *ranked;
}

// Returns the `count` likeliest tokens, or as many as there are. `log_sum`: of
// the exponentials of all logits.
std::vector<LikelyToken> LikeliestTokens(std::span<const float> logits,
                                         size_t count, float log_sum) {
  std::vector<TokenId> ids = PossibleTokens(logits);
  const size_t kept = std::min(count, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<ptrdiff_t>(kept),
                    ids.end(), Likelier(logits));
  ids.resize(kept);
  std::vector<LikelyToken> likeliest;
  likeliest.reserve(kept);
  for (const TokenId id : ids) likeliest.push_back({id, logits[id] - log_sum});
  return likeliest;
}

}  // namespace

TokenPicker::TokenPicker(const Model& model, GenerateOptions options)
    : options_(std::move(options)), sampler_(options_.sampler) {
  if (!options_.ignore_end_of_sequence && model.has_tokenizer()) {
    end_ = model.tokenizer().special().eos;
  }
}

std::optional<TokenId> TokenPicker::Choose(std::span<const float> logits) {
  if (options_.first_rank == 0 || !generation_.tokens.empty()) {
    return sampler_.Sample(logits);
  }
  return TokenOfRank(logits, options_.first_rank);
}

std::optional<StopReason> TokenPicker::Pick(std::span<const float> logits) {
  std::vector<TokenId>& tokens = generation_.tokens;
  if (tokens.size() >= options_.max_tokens) return StopReason::kMaxTokens;
  if (options_.beginning != nullptr) {
    logits = options_.beginning->Restrict(logits);
  }
  if (options_.memory != nullptr) {
    logits = options_.memory->Mix(logits, options_.beginning == nullptr
                                              ? std::string_view()
                                              : options_.beginning->text());
  }
  const std::optional<TokenId> token = Choose(logits);
  if (!token) return StopReason::kNotFinite;
  // Of logits some of which are no numbers no token has a probability.
  const float log_sum = simd::LogSumExp(logits.data(), logits.size());
  if (!std::isfinite(log_sum)) return StopReason::kNotFinite;
  if (end_ && *token == *end_) return StopReason::kEndOfSequence;
  const float logprob = logits[*token] - log_sum;
  if (options_.likeliest > 0) {
    likeliest_ = LikeliestTokens(logits, options_.likeliest, log_sum);
  }
  tokens.push_back(*token);
  if (options_.memory != nullptr) options_.memory->Accept(*token);
  generation_.sum_logprob += static_cast<double>(logprob);
  if (options_.on_token && !options_.on_token(*token, logprob)) {
    return StopReason::kCallback;
  }
  // The last token is not fed: nobody would read its logits.
  if (tokens.size() == options_.max_tokens) return StopReason::kMaxTokens;
  return std::nullopt;
}

Generation Generate(Session& session, const GenerateOptions& options,
                    std::stop_token stop) {
  TokenPicker picker(session.model(), options);
  std::optional<StopReason> reason;
  while (!reason) {
    if (stop.stop_requested()) {
      reason = StopReason::kCancelled;
      break;
    }
    reason = picker.Pick(session.logits());
    if (!reason) session.Decode(picker.generation().tokens.back());
  }
  Generation generation = picker.generation();
  generation.reason = *reason;
  return generation;
}

}  // namespace krait::engine
