// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_ENGINE_GENERATOR_H_
#define KRAIT_DAEMON_HOST_LOCAL_ENGINE_GENERATOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/local/engine_generation.h"
#include "daemon/host/local/file_memory.h"
#include "daemon/host/local/fim_planner.h"
#include "daemon/host/local/generation_slots.h"
#include "daemon/host/local/state_keeper.h"
#include "engine/arch/model.h"
#include "engine/memory/usual_weights.h"
#include "engine/model/model_stamp.h"
#include "engine/run/draft_length.h"
#include "engine/run/warm_session.h"
#include "engine/state/state_folder.h"
#include "engine/state/state_store.h"
#include "engine/threads/worker_pool.h"

namespace krait::daemon {

// What a generator may keep warm, and where.
struct WarmOptions {
  size_t state_bytes = 0;  // in memory; 0: each call reads the whole prompt
  // See FimPlanner.
  std::optional<engine::FimLayout> layout = {};
  // With what texts say, if the model's file does not say how.
  engine::MemoryMixing mixing = engine::MemoryMixing::kSmall;
  // Plans prompts as if the model read so many tokens per second; 0: as it is
  // found to.
  double assumed_speed = 0;
  // Where states are kept between runs, and how much; empty: nowhere.
  std::filesystem::path state_dir = {};
  engine::StateLimits disk = {};
  // Whether states of a file may be kept there; null: of all.
  std::function<bool(const std::string& file)> may_save = {};
  // Where the fingerprints of models are remembered; empty: nowhere.
  std::filesystem::path fingerprints = {};
  std::filesystem::path forget_mark = {};  // see ForgetMark
  // Of the model before it was loaded; empty: as it is now.
  engine::ModelStamp stamp = {};
};

// Generates with one of krait's own models, from warm states: a prompt costs
// what is new in it. What comes out is what a cold run of the same prompt
// gives, alone or beside others.
class EngineGenerator : public completion::Generator {
 public:
  // Fails for a model without a tokenizer. Saved states are read while it runs.
  // Fails for a model whose file says what it may not. The threads of the pool
  // begin on the thread that made it, which must be the one that uses the
  // generator.
  static base::Result<std::unique_ptr<EngineGenerator>> Create(
      std::shared_ptr<const engine::Model> model,
      std::shared_ptr<engine::WorkerPool> pool, const WarmOptions& options);

  size_t context_length() const override {
    return model_->hyperparameters().context_length;
  }
  completion::ModelHints hints() const override { return hints_; }
  std::shared_ptr<const completion::Vocabulary> vocabulary() const override {
    return vocabulary_;
  }
  size_t CountTokens(std::string_view text) const override {
    return planner_.CountTokens(text);
  }
  std::unique_ptr<completion::RunningGeneration> Begin(
      completion::GeneratorRequest request, std::stop_token stop) override;
  void Advance(
      std::span<completion::RunningGeneration* const> generations) override;
  base::Status Warm(const completion::GeneratorPrompt& prompt,
                    std::stop_token stop) override;
  base::Status ReadAhead(const completion::GeneratorPrompt& prompt,
                         std::stop_token stop) override;
  void SaveWarmStates() override;
  base::Status FinishSaving(std::chrono::milliseconds limit) override;
  void Forget(const completion::ForgetScope& scope,
              std::function<void(size_t)> done) override;
  completion::ModelChange CheckModel() const override;
  completion::WarmStatus warm_status() const override;
  base::MemoryUse memory_use() const override;
  void GiveBack(size_t bytes) override;

 private:
  EngineGenerator(std::shared_ptr<const engine::Model> model,
                  completion::ModelHints hints,
                  std::shared_ptr<engine::WorkerPool> pool,
                  const WarmOptions& options);
  base::Result<FimPlan> PlanFor(const completion::GeneratorRequest& request,
                                bool reminded);
  PromptCost PredictCostOf(const std::vector<engine::TokenId>& tokens) const;
  double tokens_per_second() const {
    return assumed_speed_ > 0 ? assumed_speed_ : shared_.tokens_per_second;
  }
  ReadingLimits LimitsOfReading();
  base::Status Read(const std::vector<FimPlan>& plans,
                    const completion::GeneratorPrompt& prompt,
                    const std::stop_token& stop);
  void TakeSavedStates();
  // Lets go of all that is warm but for what runs.
  void DropWarm();
  // Whether a generation of the prompt is reminded of something.
  bool Reminded(const completion::GeneratorPrompt& prompt) const {
    return memory_ && memory_->mixes() && prompt.remembered;
  }
  // What its drafts are guessed from, beside the prompt.
  engine::RememberedCollection DraftsOf(
      const completion::GeneratorPrompt& prompt);
  void ReadSlice(std::span<EngineGeneration* const> all);
  void DecodeRound(std::span<EngineGeneration* const> all);

  const std::shared_ptr<engine::WorkerPool> pool_;
  const std::shared_ptr<const engine::Model> model_;
  const completion::ModelHints hints_;
  const std::shared_ptr<const completion::Vocabulary> vocabulary_;
  mutable FimPlanner planner_;  // remembers lines
  // If the model is made for one; or once drafts are guessed from a repository.
  std::optional<FileMemory> memory_;
  engine::StateStore store_;
  engine::WarmResources shared_;
  GenerationSlots slots_;
  std::optional<engine::WarmSession> warming_;
  const engine::ModelStamp stamp_;
  // Its thread ends before the store does, whose pieces it writes.
  std::optional<StateKeeper> keeper_;
  engine::DraftLength draft_length_;
  uint64_t turns_ = 0;  // slices of prompts that were read
  const double assumed_speed_;
  double best_speed_ = 0;  // tokens per second that were read at some time
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_ENGINE_GENERATOR_H_
