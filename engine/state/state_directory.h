// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_DIRECTORY_H_
#define KRAIT_ENGINE_STATE_STATE_DIRECTORY_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/model/fingerprint.h"
#include "engine/state/state_codec.h"
#include "engine/state/state_folder.h"
#include "engine/state/state_store.h"

namespace krait::engine {

// Warm states of one model between two runs of the program. Several processes
// may use the directory at once. Nothing in it is needed: what cannot be read
// is deleted, and what is missing is computed again.
//
// Thread-compatible; the thread need not be that of the states.
class StateDirectory {
 public:
  // See state_folder.h about `root`. The limits are of all models.
  StateDirectory(std::filesystem::path root, StateCodec codec,
                 const Fingerprint& fingerprint, StateLimits limits);

  // Deletes what is over the limits and returns what is left of the model, the
  // newest first.
  std::vector<StoredState> List() const;

  // Reads one file, and deletes it if it is damaged (kBadFile).
  Result<StateStore::Sequence> Read(const std::filesystem::path& file);

  // Writes a sequence, unless a file that this object has read or written
  // holds it already: then that was used now.
  Status Write(const StateStore::Sequence& sequence, std::stop_token stop = {});

  // Deletes the file that Write has made of it.
  void Delete(const StateStore::Sequence& sequence) const {
    DeleteState(PathOf(sequence.tokens));
  }

  // Deletes what is over the limits.
  void Trim() const { TrimStates(root_, limits_); }

  size_t max_bytes() const { return limits_.max_bytes; }

  // All of that at once, on the thread of `store`. Load returns what was wrong
  // with files that were passed over.
  std::vector<std::string> Load(StateStore* store);
  Status Save(const StateStore& store);

 private:
  // A file as it was when its content was known to be right.
  struct Known {
    size_t bytes = 0;
    std::filesystem::file_time_type written;
    std::vector<std::string> origins;
  };

  std::filesystem::path PathOf(std::span<const TokenId> tokens) const;
  void Remember(const std::filesystem::path& file,
                const StateStore::Sequence& sequence);
  bool Holds(const std::filesystem::path& file,
             const StateStore::Sequence& sequence) const;

  const std::filesystem::path root_;
  const StateCodec codec_;
  const StateLimits limits_;
  const Fingerprint fingerprint_;
  const std::filesystem::path folder_;
  std::map<std::string, Known> known_;  // by name
};

// Brings sequences into the order in which they are worth writing, and leaves
// out those that are not, or that would be over `max_bytes`.
std::vector<StateStore::Sequence> MostWorthy(
    std::vector<StateStore::Sequence> sequences, size_t max_bytes);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_DIRECTORY_H_
