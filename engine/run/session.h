// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_SESSION_H_
#define KRAIT_ENGINE_RUN_SESSION_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/error.h"
#include "engine/model/model.h"
#include "engine/run/beginning.h"
#include "engine/run/sampler.h"
#include "engine/run/worker_pool.h"

namespace krait::engine {

// One sequence being run: a state, its logits and the buffers to advance it.
// Belongs to one thread at a time; so does the pool while a call runs.
class Session {
 public:
  Session(std::shared_ptr<const Model> model, WorkerPool& pool);

  const Model& model() const { return *model_; }

  // Feeds `tokens` (ids are checked against the vocabulary) in batches of at
  // most Model::kMaxBatch. How they are cut into calls does not show in the
  // result. `stop` is checked before each batch; a stopped call
  // returns kCancelled, with the state after the last whole batch.
  Status Prefill(std::span<const TokenId> tokens, std::stop_token stop = {});

  // Feeds one token that was just generated (its id is the model's own), as
  // fast as may be. The state rounds differently from here on: prefills of
  // prompts belong into another session (see Pass).
  void Decode(TokenId token);

  // Feeds up to kBlockTokens tokens from a block that was recorded after the
  // same tokens; the logits are undefined until the next token is fed.
  void Replay(std::shared_ptr<const StateBlock> block, size_t rows);

  // Same as Prefill, with the logits of every token to `logits`[tokens, vocab].
  Status PrefillAllLogits(std::span<const TokenId> tokens,
                          std::vector<float>* logits);

  // Logits [vocab] after the last token fed; empty before the first.
  std::span<const float> logits() const;

  const State& state() const { return *state_; }
  State& state() { return *state_; }
  // Continues as a copy of `other`, a session of the same model.
  void CopyFrom(const Session& other);
  void Reset();

  // The state in the terms of the reference implementations.
  std::vector<StateTensor> ExportState();

 private:
  std::shared_ptr<const Model> model_;
  WorkerPool& pool_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Scratch> scratch_;
  std::vector<float> logits_;
};

enum class StopReason : uint8_t {
  kEndOfSequence,
  kMaxTokens,
  kCallback,  // on_token returned false
  kCancelled,
  kNotFinite,  // the model's logits hold no finite number: broken weights
};

struct GenerateOptions {
  SamplerOptions sampler = {};
  size_t max_tokens = 64;
  bool ignore_end_of_sequence = false;
  // What the generation has to begin with, if not null; advances with it.
  Beginning* beginning = nullptr;
  // Called after each token, with the natural log of its probability under
  // the unmodified distribution (restricted by `beginning`); returning false
  // ends the generation (the token counts as generated).
  std::function<bool(TokenId token, float logprob)> on_token = {};
};

struct Generation {
  std::vector<TokenId> tokens;  // without the end-of-sequence token
  double sum_logprob = 0;
  StopReason reason = StopReason::kMaxTokens;
};

// Continues `session` (which has been fed at least one token), checking `stop`
// before each step. The last token of the result has not been fed.
Generation Generate(Session& session, const GenerateOptions& options,
                    std::stop_token stop = {});

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_SESSION_H_
