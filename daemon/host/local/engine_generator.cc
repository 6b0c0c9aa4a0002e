// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/engine_generator.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "daemon/host/local/engine_vocabulary.h"
#include "daemon/host/local/engine_words.h"
#include "daemon/host/local/read_model_hints.h"
#include "engine/model/gguf_memory.h"
#include "engine/state/state_sizes.h"
#include "engine/state/state_store.h"

namespace krait::daemon {

namespace {

// In pauses a file is read that takes no longer than this altogether.
constexpr std::chrono::duration<double> kMostTimeToRead{30};

// Of the memory for states, what those of one file may take, whose places are
// all the same likely. The rest is for where the cursor was.
size_t RoomForOneFile(size_t budget_bytes) {
  return budget_bytes / 8 * 5;
}

// What cards have no room for comes to the processor's memory, so that together
// they hold this much.
size_t StoreBudget(const engine::Model& model, const WarmOptions& options) {
  return options.state_bytes == 0
             ? 0
             : options.state_bytes + model.DeviceStateBytes();
}

}  // namespace

using base::ErrorCode;
using base::MakeError;
using engine::TokenId;

base::Result<std::unique_ptr<EngineGenerator>> EngineGenerator::Create(
    std::shared_ptr<const engine::Model> model,
    std::shared_ptr<engine::WorkerPool> pool, const WarmOptions& options) {
  if (!model->has_tokenizer()) {
    return MakeError(ErrorCode::kBadFile,
                     model->file().path().string() +
                         ": has no tokenizer (expected tokenizer.json or "
                         "tokenizer.model beside the weights), so it cannot "
                         "complete text");
  }
  auto hints = ReadModelHints(model->file().path());
  if (!hints) return hints.error();
  auto weights = engine::ReadMemoryWeights(model->file().path());
  if (!weights) return weights.error();
  if (!*weights) {
    weights = engine::WeightsWithoutOwn(options.mixing, model->Parameters());
  }
  auto generator = std::unique_ptr<EngineGenerator>(new EngineGenerator(
      std::move(model), std::move(*hints), std::move(pool), options));
  if (*weights) {
    generator->memory_.emplace(generator->model_->tokenizer(),
                               std::move(**weights));
  }
  return generator;
}

EngineGenerator::EngineGenerator(std::shared_ptr<const engine::Model> model,
                                 completion::ModelHints hints,
                                 std::shared_ptr<engine::WorkerPool> pool,
                                 const WarmOptions& options)
    : pool_(std::move(pool)),
      model_(std::move(model)),
      hints_(std::move(hints)),
      vocabulary_(std::make_shared<const EngineVocabulary>(model_)),
      planner_(model_->tokenizer(), model_->hyperparameters(), options.layout),
      store_(engine::StateNeeds(model_->hyperparameters()),
             StoreBudget(*model_, options)),
      shared_(model_, *pool_, store_),
      slots_(shared_),
      warming_(std::in_place, shared_),
      stamp_(options.stamp.empty() ? engine::StampModel(model_->file().path())
                                   : options.stamp),
      assumed_speed_(options.assumed_speed) {
  if (options.state_bytes == 0 || options.state_dir.empty()) return;
  StateKeeperOptions keeping{.directory = options.state_dir,
                             .limits = options.disk,
                             .load_bytes = options.state_bytes,
                             .stamp = stamp_,
                             .fingerprints = options.fingerprints,
                             .forget_mark = options.forget_mark,
                             .may_save = options.may_save};
  if (!keeping.may_save) keeping.may_save = [](const auto&) { return true; };
  keeper_.emplace(model_, std::move(keeping));
}

void EngineGenerator::TakeSavedStates() {
  if (keeper_) keeper_->Exchange(&store_);
}

PromptCost EngineGenerator::PredictCostOf(
    const std::vector<TokenId>& tokens) const {
  const double speed = tokens_per_second();
  PromptCost cost{.missing = shared_.CountMissing(tokens)};
  // Before anything was measured there is nothing to choose by; nor if nothing
  // is kept, so that all that asks for is what the model was trained for.
  if (speed == 0 || store_.budget_bytes() == 0) return cost;
  cost.time = PromptCost::Seconds(static_cast<double>(cost.missing) / speed);
  cost.cold_time =
      PromptCost::Seconds(static_cast<double>(tokens.size()) / speed);
  return cost;
}

// By the best speed that was seen, so that another program that runs for a
// while does not make a file one of several parts.
ReadingLimits EngineGenerator::LimitsOfReading() {
  best_speed_ = std::max(best_speed_, tokens_per_second());
  const engine::StateSizes sizes =
      engine::StateSizesOf(model_->hyperparameters());
  const size_t room = RoomForOneFile(store_.budget_bytes());
  ReadingLimits limits{
      .file_tokens = static_cast<size_t>(best_speed_ * kMostTimeToRead.count()),
      .snapshots = 0};
  if (sizes.kv_bytes > 0) {
    limits.file_tokens = std::min(limits.file_tokens, room / sizes.kv_bytes);
  }
  if (sizes.snapshot_bytes > 0) {
    limits.snapshots = room / sizes.snapshot_bytes;
    if (limits.snapshots == 0) limits.file_tokens = 0;
  }
  limits.file_tokens = std::bit_floor(limits.file_tokens);
  return limits;
}

base::Result<FimPlan> EngineGenerator::PlanFor(
    const completion::GeneratorRequest& request, bool reminded) {
  if (const auto& pieces = request.prompt.pieces) {
    FimPlan plan;
    plan.tokens.assign(pieces->begin(), pieces->end());
    return plan;
  }
  // A memory knows words by their beginnings.
  const Healing heal = !request.heal_tokens ? Healing::kNone
                       : reminded           ? Healing::kWord
                                            : Healing::kToken;
  return planner_.PlanNow(request.prompt, heal, [this](const auto& tokens) {
    return PredictCostOf(tokens);
  });
}

engine::RememberedCollection EngineGenerator::DraftsOf(
    const completion::GeneratorPrompt& prompt) {
  if (!model_->TakesDrafts() || !prompt.remembered ||
      prompt.remembered->repository == nullptr) {
    return {};
  }
  // Made only now: a large vocabulary takes a tenth of a second.
  if (!memory_) memory_.emplace(model_->tokenizer(), std::nullopt);
  return memory_->OfRepository(*prompt.remembered);
}

std::unique_ptr<completion::RunningGeneration> EngineGenerator::Begin(
    completion::GeneratorRequest request, std::stop_token stop) {
  const auto begin = completion::Clock::now();
  TakeSavedStates();
  auto generation = std::make_unique<EngineGeneration>(
      *model_, slots_, draft_length_, std::move(request), std::move(stop));
  const completion::GeneratorRequest& wanted = generation->request();
  const bool reminded = Reminded(wanted.prompt);
  if (reminded) {
    generation->reminded_of = memory_->Fingerprint(*wanted.prompt.remembered,
                                                   wanted.prompt.prefix.size());
  }
  if (wanted.may_resume && !wanted.prompt.pieces) {
    if (GenerationSlot* const slot = slots_.TakeContinued(
            wanted.prompt, generation->greedy(), generation->reminded_of)) {
      if (generation->Continue(*slot)) return generation;
    }
  }
  auto plan = PlanFor(wanted, reminded);
  if (plan) {
    std::unique_ptr<engine::TextMemory> memory;
    if (reminded) {
      memory = memory_->At(std::string(wanted.prompt.document),
                           *wanted.prompt.remembered, plan->beginning);
    }
    GenerationSlot& slot = slots_.Take(wanted.prompt.document);
    slot.memory = std::move(memory);
    slot.drafter = engine::Drafter(plan->tokens, DraftsOf(wanted.prompt));
    generation->Read(slot, std::move(*plan), completion::Clock::now() - begin);
  } else {
    generation->Fail(plan.error());
  }
  return generation;
}

void EngineGenerator::Advance(
    std::span<completion::RunningGeneration* const> generations) {
  TakeSavedStates();
  std::vector<EngineGeneration*> all;
  for (completion::RunningGeneration* const generation : generations) {
    all.push_back(static_cast<EngineGeneration*>(generation));
    all.back()->StopIfAsked();
  }
  ReadSlice(all);
  DecodeRound(all);
}

// Reads a slice of one prompt: of the generation whose last slice is longest
// ago, so that a short prompt does not wait for the end of a long one.
// Generations that have read theirs decode between the slices.
void EngineGenerator::ReadSlice(std::span<EngineGeneration* const> all) {
  EngineGeneration* next = nullptr;
  for (EngineGeneration* const generation : all) {
    if (!generation->reading()) continue;
    if (next == nullptr || generation->turn < next->turn) next = generation;
  }
  if (next == nullptr) return;
  next->turn = ++turns_;
  next->RunSlice();
}

void EngineGenerator::DecodeRound(std::span<EngineGeneration* const> all) {
  std::vector<EngineGeneration*> unfed;
  std::ranges::copy_if(all, std::back_inserter(unfed),
                       [](const EngineGeneration* generation) {
                         return generation->has_unfed();
                       });
  // The tokens of several sequences fill a batch as well as guesses do.
  const bool may_draft = unfed.size() == 1;
  std::vector<engine::DecodeFeed> feeds;
  feeds.reserve(unfed.size());
  for (EngineGeneration* const generation : unfed) {
    feeds.push_back(generation->TakeFeed(may_draft));
  }
  if (!feeds.empty()) engine::FeedBatch(feeds, &draft_length_);
  for (EngineGeneration* const generation : all) {
    if (generation->generating()) generation->Pick();
  }
}

base::Status EngineGenerator::Warm(const completion::GeneratorPrompt& prompt,
                                   std::stop_token stop) {
  if (store_.budget_bytes() == 0) return {};
  TakeSavedStates();
  const auto plans = planner_.PlansToWarm(
      prompt, [this](const auto& tokens) { return PredictCostOf(tokens); });
  if (!plans) return plans.error();
  return Read(*plans, prompt, stop);
}

base::Status EngineGenerator::ReadAhead(
    const completion::GeneratorPrompt& prompt, std::stop_token stop) {
  if (store_.budget_bytes() == 0) return {};
  const auto plans = planner_.PlansToReadAhead(
      prompt, [this](const auto& tokens) { return PredictCostOf(tokens); },
      LimitsOfReading());
  if (!plans) return plans.error();
  return Read(*plans, prompt, stop);
}

base::Status EngineGenerator::Read(const std::vector<FimPlan>& plans,
                                   const completion::GeneratorPrompt& prompt,
                                   const std::stop_token& stop) {
  for (const FimPlan& plan : plans) {
    if (plan.tokens.empty()) continue;
    const auto cost = warming_->Advance(
        plan.tokens,
        {.checkpoints = plan.checkpoints, .origin = OriginOf(prompt)}, stop);
    if (!cost) return cost.error();
  }
  return {};
}

void EngineGenerator::SaveWarmStates() {
  if (!keeper_) return;
  TakeSavedStates();
  if (keeper_->TakeForgotten()) return DropWarm();
  keeper_->Save(store_.Sequences());
}

base::Status EngineGenerator::FinishSaving(std::chrono::milliseconds limit) {
  if (!keeper_) return {};
  base::Status saved = keeper_->Finish(limit);
  TakeSavedStates();
  return saved;
}

// Which states in memory are of a file can be told by its path only, without
// asking the disk about links: all of them go.
void EngineGenerator::Forget(const completion::ForgetScope& scope,
                             std::function<void(size_t)> done) {
  DropWarm();
  if (!keeper_) return done(0);
  keeper_->Forget(scope, std::move(done));
}

void EngineGenerator::DropWarm() {
  store_.Clear();
  planner_.Forget();
  if (memory_) memory_->Forget();
  slots_.DropIdle();
  warming_.emplace(shared_);
}

base::MemoryUse EngineGenerator::memory_use() const {
  base::MemoryUse use{.bytes = store_.held_bytes() - store_.device_bytes(),
                      .least_use = store_.LeastUse()};
  if (!memory_) return use;
  const base::MemoryUse texts = memory_->use();
  use.bytes += texts.bytes;
  if (!use.least_use || (texts.least_use && texts.least_use < use.least_use)) {
    use.least_use = texts.least_use;
  }
  return use;
}

// Texts are quickly read again, if any of theirs is as old as the states'.
void EngineGenerator::GiveBack(size_t bytes) {
  if (memory_) {
    const base::MemoryUse texts = memory_->use();
    const auto states = store_.LeastUse();
    if (texts.least_use && (!states || *texts.least_use <= *states)) {
      memory_->GiveBack(bytes);
      bytes -= std::min(bytes, texts.bytes - memory_->use().bytes);
    }
  }
  if (bytes > 0) store_.GiveBack(bytes);
}

completion::ModelChange EngineGenerator::CheckModel() const {
  return ModelChangeOf(
      engine::CompareModels(stamp_, engine::StampModel(model_->file().path())));
}

completion::WarmStatus EngineGenerator::warm_status() const {
  const size_t device_budget =
      store_.budget_bytes() == 0 ? 0 : model_->DeviceStateBytes();
  const size_t device_bytes = store_.device_bytes();
  return {.budget_bytes = store_.budget_bytes() - device_budget,
          .held_bytes = store_.held_bytes() - device_bytes,
          .device_budget_bytes = device_budget,
          .device_bytes = device_bytes,
          .checkpoints = store_.snapshots(),
          .logged_tokens = store_.logged_tokens()};
}

}  // namespace krait::daemon
