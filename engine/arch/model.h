// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_MODEL_H_
#define KRAIT_ENGINE_ARCH_MODEL_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "engine/error.h"
#include "engine/file/token.h"
#include "engine/layers/executor.h"
#include "engine/model/hyperparameters.h"
#include "engine/model/model_file.h"
#include "engine/state/state.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// How many rows of logits a prefill computes.
enum class LogitsRows : uint8_t { kNone, kLast, kAll };

// The next token of a sequence that is being decoded.
struct DecodeStep {
  TokenId token = 0;        // below vocab
  State* state = nullptr;   // after the tokens before; is advanced by one
  float* logits = nullptr;  // [vocab]; written
};

// A model's file, checked, and what belongs to it.
struct LoadedFile {
  std::unique_ptr<ModelFile> file;
  std::unique_ptr<Tokenizer> tokenizer;  // null: there is none
};

// A loaded model: weights (mapped), tokenizer, forward pass. Immutable and
// thread-safe; shared by all sessions.
class Model {
 public:
  virtual ~Model() = default;

  // Opens `path` (a .gguf file or a directory), checks all tensors and loads
  // the tokenizer. A directory without a tokenizer loads too: has_tokenizer()
  // is then false and only token ids can be fed (golden tests do). `fim`: see
  // ModelFile::Open.
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
  virtual size_t DecodeBytes() const = 0;
  // Returns the number of parameters, in all tensors of the file.
  size_t Parameters() const;
  // Products of weights and activations that a token of a prompt takes: all
  // matrices of the layers, of experts those that it uses.
  size_t ProductsPerToken() const;

  virtual std::unique_ptr<State> NewState() const = 0;
  // What decides how this model's results are rounded: states are bound to it.
  virtual std::string ExecutorName() const { return Executor::Name(); }
  // What runs this model on the pool, which must outlive it.
  virtual std::unique_ptr<Executor> NewExecutor(WorkerPool& pool) const = 0;

  // The most tokens that one Prefill takes.
  static constexpr size_t kMaxBatch = 256;

  // Advances `state` by `tokens` (1..kMaxBatch ids below vocab) and writes
  // `rows` rows of logits[.., vocab]. What it computes does not depend, bit for
  // bit, on how the tokens were cut into calls, nor on whether the state before
  // them was computed, shared or replayed.
  virtual void Prefill(std::span<const TokenId> tokens, State& state,
                       Executor& executor, LogitsRows rows,
                       float* logits) const = 0;

  // Advances each of some sequences (at least one, each with a state of its
  // own) by one token, as fast as may be; rounds differently from Prefill. A
  // state that has decoded is good for decoding on, not to be kept. The weights
  // are read once for all; what a sequence gets is, bit for bit, what it would
  // get alone.
  virtual void Decode(std::span<const DecodeStep> steps,
                      Executor& executor) const = 0;

  // Advances `state`, whose position is on the grid, by the first `rows`
  // tokens of a block that was recorded after the same tokens: without the
  // weights, and with the same bits as a Prefill. What attention keeps may be
  // null where a sliding window has passed.
  virtual void Replay(const BlockPieces& block, size_t rows, State& state,
                      Executor& executor) const = 0;

  // Brings the constant-size part of `state` to its position, for
  // State::Export. Decode does it by itself.
  virtual void Settle(State& state, Executor& executor) const = 0;

 protected:
  explicit Model(LoadedFile loaded) : loaded_(std::move(loaded)) {}

 private:
  const LoadedFile loaded_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_MODEL_H_
