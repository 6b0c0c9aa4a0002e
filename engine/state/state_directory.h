// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_DIRECTORY_H_
#define KRAIT_ENGINE_STATE_STATE_DIRECTORY_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/model/fingerprint.h"
#include "engine/model/model.h"
#include "engine/state/state_store.h"

namespace krait::engine {

// Warm states between two runs of the program: a folder with a folder for each
// model. Several processes may use it at once. Nothing in it is needed: what
// cannot be read is passed over, and what is missing is computed again.
//
// Thread-compatible.
class StateDirectory {
 public:
  // Keeps at most `max_bytes` of all models. `model` must outlive it.
  StateDirectory(std::filesystem::path root, const Model& model,
                 size_t max_bytes);

  // Puts what was saved into `store`, the newest first, up to its budget; the
  // files are mapped. Returns what was wrong with files that were passed over.
  std::vector<std::string> Load(StateStore* store) const;

  // Writes the sequences of `store`, the most worthy first, and deletes the
  // oldest files over the limit.
  Status Save(const StateStore& store) const;

 private:
  std::filesystem::path PathOf(std::span<const TokenId> tokens) const;
  void DeleteOldest() const;

  std::filesystem::path root_;
  const Model& model_;
  size_t max_bytes_;
  Fingerprint fingerprint_;
  std::filesystem::path folder_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_DIRECTORY_H_
