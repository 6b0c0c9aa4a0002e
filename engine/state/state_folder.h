// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_FOLDER_H_
#define KRAIT_ENGINE_STATE_STATE_FOLDER_H_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/error.h"

namespace krait::engine {

// Where states are kept between two runs: in a directory of the user's choice,
// which may hold other things, a folder for each model, named by 32 hex digits,
// and in it a file for each sequence, named by 16 and ".state". Nothing else is
// krait's: nothing else is listed, changed or deleted, and no link is followed.

inline constexpr std::string_view kStateExtension = ".state";

// A saved state, or one that is being written.
struct StoredState {
  std::filesystem::path path;
  std::filesystem::file_time_type written;
  size_t bytes = 0;
  bool temporary = false;
};

// Returns all of `root`'s models, the newest first; what a process that has
// ended left unfinished is deleted.
std::vector<StoredState> ListStates(const std::filesystem::path& root);
// The same of one model's folder.
std::vector<StoredState> ListStatesOfModel(const std::filesystem::path& folder);

// What saved states may take.
struct StateLimits {
  size_t max_bytes = size_t{512} << 20;  // of all models
  std::chrono::hours max_age{0};         // since their last use; 0: no limit
};

// Deletes what is over the limits, the oldest first.
void TrimStates(const std::filesystem::path& root, const StateLimits& limits);

// Deletes one file, and its folder if that is empty then.
void DeleteState(const std::filesystem::path& file);

// Makes a model's folder (mode 0700), and what is missing above it. Fails if
// something else is in its place.
Status MakeStateFolder(const std::filesystem::path& folder);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_FOLDER_H_
