// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_STATE_KEEPER_H_
#define KRAIT_DAEMON_HOST_LOCAL_STATE_KEEPER_H_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/forget_scope.h"
#include "engine/arch/model.h"
#include "engine/model/model_stamp.h"
#include "engine/state/state_folder.h"
#include "engine/state/state_store.h"

namespace krait::daemon {

struct StateKeeperOptions {
  std::filesystem::path directory;
  engine::StateLimits limits;
  size_t load_bytes = 0;               // at most so much is read
  engine::ModelStamp stamp;            // of the model as it was loaded
  std::filesystem::path fingerprints;  // see FingerprintMemory
  std::filesystem::path forget_mark;   // see ForgetMark
  // Whether states of a file may be written; called on the keeper's thread.
  std::function<bool(const std::string& file)> may_save;
};

// Brings a model's warm states to the disk and back, on a thread of its own
// that gives way to all others when it writes: neither reading the model to
// learn its fingerprint, nor reading and writing states, holds up a completion.
//
// What it reads is handed over between two rounds of the model (Exchange). What
// it writes are sequences that share their pieces with the store: these are
// immutable where they were written. States of files that nobody may save, or
// of no file, are not written, as there is no name to forget them by. Nor is
// anything once the model's files are not those that were loaded, or what is in
// memory from before another process made all forget.
//
// All calls are on the model's thread, which must own the store.
class StateKeeper {
 public:
  // Begins to read what was saved.
  StateKeeper(std::shared_ptr<const engine::Model> model,
              StateKeeperOptions options);
  // Stops what it does; a write that does not return is left behind.
  ~StateKeeper();
  StateKeeper(const StateKeeper&) = delete;
  StateKeeper& operator=(const StateKeeper&) = delete;

  // Puts what was read since the last call into the store, and lets go of what
  // was written.
  void Exchange(engine::StateStore* store);

  // Begins to write the sequences, the most worthy first, in the place of those
  // that still wait.
  void Save(std::vector<engine::StateStore::Sequence> sequences);

  // Waits until all is read and written, at most `limit`, and stops it then.
  // Returns what went wrong with the last write.
  base::Status Finish(std::chrono::milliseconds limit);

  // Returns whether another process has made all forget since the last call:
  // what is in memory from before must not be saved.
  bool TakeForgotten();

  // Gives up what waits, deletes what is on the disk, and calls `done` with
  // how many files, on the keeper's thread; never if the keeper ends before.
  void Forget(completion::ForgetScope scope, std::function<void(size_t)> done);

 private:
  struct Shared;
  static void Run(const std::shared_ptr<Shared>& shared);

  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_STATE_KEEPER_H_
