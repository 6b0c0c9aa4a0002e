// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_MODEL_H_
#define KRAIT_ENGINE_ARCH_MODEL_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "engine/arch/model_part.h"
#include "engine/error.h"
#include "engine/file/token.h"
#include "engine/layers/executor.h"
#include "engine/model/hyperparameters.h"
#include "engine/model/model_file.h"
#include "engine/state/state.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// A model's file, checked, and what belongs to it.
struct LoadedFile {
  std::unique_ptr<ModelFile> file;
  std::unique_ptr<Tokenizer> tokenizer;  // null: there is none
};

// A loaded model: weights (mapped), tokenizer, forward pass. Immutable and
// thread-safe; shared by all sessions.
class Model {
 public:
  // `layers` are all of the file's, with embeddings and head.
  Model(LoadedFile loaded, std::unique_ptr<const ModelPart> layers)
      : loaded_(std::move(loaded)), layers_(std::move(layers)) {}

  // Opens `path` (a .gguf file or a directory), checks all tensors and loads
  // the tokenizer. A directory without a tokenizer loads too: has_tokenizer()
  // is then false and only token ids can be fed (golden tests do). `fim`: see
  // ModelFile::Open. The processor runs it.
  static Result<std::shared_ptr<const Model>> Load(
      const std::filesystem::path& path, const FimChoice& fim = {});
  // Opens and checks the same, without the weights.
  static Result<LoadedFile> LoadFile(const std::filesystem::path& path,
                                     const FimChoice& fim = {});

  const ModelFile& file() const { return *loaded_.file; }
  const Hyperparameters& hyperparameters() const {
    return loaded_.file->hyperparameters();
  }
  bool has_tokenizer() const { return loaded_.tokenizer != nullptr; }
  const Tokenizer& tokenizer() const { return *loaded_.tokenizer; }

  // Bytes of weights that decoding one token reads.
  size_t DecodeBytes() const { return layers_->DecodeBytes(); }
  // Returns the number of parameters, in all tensors of the file.
  size_t Parameters() const;
  // Products of weights and activations that a token of a prompt takes: all
  // matrices of the layers, of experts those that it uses.
  size_t ProductsPerToken() const;

  std::unique_ptr<State> NewState() const { return layers_->NewState(); }
  // What decides how this model's results are rounded: states are bound to it.
  std::string ExecutorName() const { return layers_->ExecutorName(); }
  // What runs this model on the pool, which must outlive it.
  std::unique_ptr<Executor> NewExecutor(WorkerPool& pool) const {
    return layers_->NewExecutor(pool);
  }
  // What pieces of states may take in graphics cards' memory; what is beyond
  // goes to the processor's.
  size_t DeviceStateBytes() const { return layers_->DeviceStateBytes(); }

  // The most tokens that one Prefill takes.
  static constexpr size_t kMaxBatch = 256;

  // Advances `state` by `tokens` (1..kMaxBatch ids below vocab) and writes
  // `rows` rows of logits[.., vocab]. What it computes does not depend, bit for
  // bit, on how the tokens were cut into calls, nor on whether the state before
  // them was computed, shared or replayed.
  void Prefill(std::span<const TokenId> tokens, State& state,
               Executor& executor, LogitsRows rows, float* logits) const {
    layers_->Prefill(tokens, state, executor, {}, rows, logits);
  }

  // Advances each of some sequences (at least one, each with a state of its
  // own) by one token, as fast as may be; rounds differently from Prefill. A
  // state that has decoded is good for decoding on, not to be kept. The weights
  // are read once for all; what a sequence gets is, bit for bit, what it would
  // get alone.
  //
  // Where TakesDrafts(), a state may have several steps, one behind the other:
  // tokens that follow each other, of which all but the first are a guess. Each
  // gets the bits of as many calls, and State::Rewind takes back those that
  // were wrong.
  void Decode(std::span<const DecodeStep> steps, Executor& executor) const {
    layers_->Decode(steps, executor, {});
  }

  bool TakesDrafts() const { return layers_->TakesDrafts(); }

  // Advances `state`, whose position is on the grid, by the first `rows`
  // tokens of a block that was recorded after the same tokens: without the
  // weights, and with the same bits as a Prefill. What attention keeps may be
  // null where a sliding window has passed.
  void Replay(const BlockPieces& block, size_t rows, State& state,
              Executor& executor) const {
    layers_->Replay(block, rows, state, executor);
  }

  // Brings the constant-size part of `state` to its position, for
  // State::Export. Decode does it by itself.
  void Settle(State& state, Executor& executor) const {
    layers_->Settle(state, executor);
  }

 private:
  const LoadedFile loaded_;
  const std::unique_ptr<const ModelPart> layers_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_MODEL_H_
