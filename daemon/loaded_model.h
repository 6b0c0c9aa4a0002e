// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_LOADED_MODEL_H_
#define KRAIT_DAEMON_LOADED_MODEL_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/gpu_options.h"
#include "daemon/memory_limit.h"
#include "engine/arch/model.h"
#include "engine/memory/usual_weights.h"
#include "engine/model/model_stamp.h"
#include "engine/prompt/fim.h"
#include "engine/threads/worker_pool.h"
#include "engine/tokenizer/fim_choice.h"

namespace krait::daemon {

// Which model to run, on how many threads, and what it may keep.
struct ModelOptions {
  std::string model;   // as FindModel takes it; empty: the default
  size_t threads = 0;  // 0: one per core
  // Whether to load a model, too, that does not fit into what memory may be
  // used: it is read from the disk again and again.
  bool allow_large = false;
  GpuOptions gpu = {};
  // What warm states and replay logs may take in memory; 0: nothing is kept.
  size_t state_bytes = DefaultStateBytes();
  // Where states are kept between runs; empty: nowhere.
  std::filesystem::path state_dir;
  size_t state_disk_bytes = size_t{512} << 20;  // what they may take there
  // Who named the model, for messages: "--model", a line of a file.
  std::string model_origin = {};
  // Instead of the one that the model was trained for, to compare them.
  std::optional<engine::FimLayout> layout = {};
  // With what open files say, if the model's file does not say how.
  engine::MemoryMixing mixing = engine::MemoryMixing::kSmall;
  // What the user says of the model's prompts.
  engine::FimChoice fim = {};
  size_t state_days = 30;  // how long an unused one stays there; 0: for ever
  // Globs of files and folders (absolute) of which none is kept there.
  std::vector<std::string> state_exclude;
};

// The same, for a command that asks for places of which none goes on from
// another: whatever was kept of one would be in vain.
ModelOptions KeepingNothing(ModelOptions options);

// A model with the threads to run it.
struct LoadedModel {
  std::filesystem::path path;
  engine::ModelStamp stamp;
  std::shared_ptr<const engine::Model> model;
  std::unique_ptr<engine::WorkerPool> pool;
  std::string card;          // what graphics cards run of it; empty: nothing
  std::string card_problem;  // why they run nothing, if they were to
};

// Finds the model, see FindModel. An error says where its name is from.
base::Result<std::filesystem::path> FindModelOf(const ModelOptions& options);
// The same, see FindModelPath.
base::Result<std::string> FindModelPathOf(const ModelOptions& options);

// Finds and loads a model, which nobody may change meanwhile, and starts its
// threads. Where a graphics card is wanted and does not run it, or has failed
// in this process, the processor does, unless the card is required; the log
// says why. kUnsupported, with figures: it does not fit into memory. The thread
// that uses the pool must be the one that called this.
base::Result<LoadedModel> LoadModel(const ModelOptions& options);

std::unique_ptr<engine::WorkerPool> StartPool(size_t threads);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_LOADED_MODEL_H_
