// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_SESSION_H_
#define KRAIT_ENGINE_RUN_SESSION_H_

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/arch/model.h"
#include "engine/error.h"
#include "engine/layers/top_logits.h"
#include "engine/run/next_logits.h"
#include "engine/threads/worker_pool.h"

namespace krait::engine {

struct DecodeFeed;

// One sequence being run: a state, its logits and the buffers to advance it.
// Belongs to one thread at a time; so does the pool while a call runs.
class Session {
 public:
  // On an executor of the model. Sessions that belong to one thread may share
  // one.
  Session(std::shared_ptr<const Model> model,
          std::shared_ptr<Executor> executor);
  // On an executor of its own.
  Session(std::shared_ptr<const Model> model, WorkerPool& pool);

  const Model& model() const { return *model_; }

  // Feeds `tokens` (ids are checked against the vocabulary) in batches of at
  // most Model::kMaxBatch. How they are cut into calls does not show in the
  // result. `stop` is checked before each batch; a stopped call
  // returns kCancelled, with the state after the last whole batch.
  Status Prefill(std::span<const TokenId> tokens, std::stop_token stop = {});

  // Feeds one token that was just generated (its id is the model's own), as
  // fast as may be. The state rounds differently from here on: prefills of
  // prompts belong into another session (see Model::Decode). `enough`: so many
  // of the largest logits, at most kMaxTopLogits, if all would have to come
  // from elsewhere; 0: all.
  void Decode(TokenId token, size_t enough = 0);

  // Whether the draft that was fed last (DecodeFeed) goes on with `token`. If
  // so, it counts as fed: next() is what comes after it. Tokens of a draft that
  // nobody has taken by the next call that feeds something are forgotten.
  bool TakeDraft(TokenId token);

  // Feeds up to kBlockTokens tokens from a block that was recorded after the
  // same tokens; the logits are undefined until the next token is fed.
  void Replay(const BlockPieces& block, size_t rows);

  // Same as Prefill, with the logits of every token to `logits`[tokens, vocab].
  Status PrefillAllLogits(std::span<const TokenId> tokens,
                          std::vector<float>* logits);

  // Logits [vocab] after the last token fed; empty before the first. Not after
  // a Decode for which less was enough.
  std::span<const float> logits() const;
  // The same, or what there is of them after such a Decode.
  NextLogits next() const;

  const State& state() const { return *state_; }
  State& state() { return *state_; }
  // Continues as a copy of `other`, a session of the same model.
  void CopyFrom(const Session& other);
  void Reset();

  // The state in the terms of the reference implementations.
  std::vector<StateTensor> ExportState();

 private:
  friend void DecodeBatch(std::span<const DecodeFeed> feeds);
  void AppendSteps(const DecodeFeed& feed, std::vector<DecodeStep>* steps);
  void DropDraft();

  std::shared_ptr<const Model> model_;
  std::shared_ptr<Executor> executor_;
  std::unique_ptr<State> state_;
  // [1 + draft_, vocab]: after the token that was fed last and, behind it,
  // after each of the draft's.
  std::vector<float> logits_;
  TopLogits top_;  // if not empty, what there is in their place
  std::vector<TokenId> draft_;
  size_t taken_ = 0;  // of the draft
};

// What a session is fed.
struct DecodeFeed {
  Session* session = nullptr;
  TokenId token = 0;  // that was chosen
  // Guessed to follow it: fed with it, and taken back if it does not
  // (Session::TakeDraft). Empty unless Model::TakesDrafts().
  std::span<const TokenId> draft = {};
  size_t enough = 0;  // see Session::Decode
};

// Feeds sessions (at least one, all different, of one model) as Session::Decode
// does, in one batch: the weights are read once. The logits of each are, bit
// for bit, those that it would have got alone, token by token.
void DecodeBatch(std::span<const DecodeFeed> feeds);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_SESSION_H_
