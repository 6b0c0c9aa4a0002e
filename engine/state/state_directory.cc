// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_directory.h"

#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <functional>
#include <system_error>
#include <utility>

#include "engine/state/state_file.h"

namespace krait::engine {
namespace {

namespace fs = std::filesystem;

// Of names, not of bytes: those that were deleted since are forgotten then.
constexpr size_t kMostKnown = 10'000;

}  // namespace

StateDirectory::StateDirectory(fs::path root, StateCodec codec,
                               const Fingerprint& fingerprint,
                               StateLimits limits)
    : root_(std::move(root)),
      codec_(std::move(codec)),
      limits_(limits),
      fingerprint_(fingerprint),
      folder_(root_ / fingerprint_.Hex()) {}

fs::path StateDirectory::PathOf(std::span<const TokenId> tokens) const {
  const uint64_t hash = XXH3_64bits(tokens.data(), tokens.size_bytes());
  return folder_ / fmt::format("{:016x}{}", hash, kStateExtension);
}

std::vector<StoredState> StateDirectory::List() const {
  Trim();
  std::vector<StoredState> states = ListStatesOfModel(folder_);
  std::erase_if(states, [](const StoredState& s) { return s.temporary; });
  return states;
}

Result<StateStore::Sequence> StateDirectory::Read(const fs::path& file) {
  auto sequence = ReadStateFile(file, fingerprint_, codec_);
  if (sequence) {
    Remember(file, *sequence);
  } else if (sequence.error().code == ErrorCode::kBadFile) {
    DeleteState(file);
  }
  return sequence;
}

Status StateDirectory::Write(const StateStore::Sequence& sequence,
                             std::stop_token stop) {
  if (Status made = MakeStateFolder(folder_); !made) return made;
  const fs::path path = PathOf(sequence.tokens);
  if (Holds(path, sequence)) {
    std::error_code gone;
    fs::last_write_time(path, fs::file_time_type::clock::now(), gone);
  } else {
    Status written =
        WriteStateFile(path, fingerprint_, sequence, std::move(stop));
    if (!written) return written;
  }
  Remember(path, sequence);
  return {};
}

void StateDirectory::Remember(const fs::path& file,
                              const StateStore::Sequence& sequence) {
  if (known_.size() >= kMostKnown) known_.clear();
  std::error_code gone;
  Known known{.bytes = fs::file_size(file, gone),
              .written = fs::last_write_time(file, gone),
              .origins = sequence.origins};
  if (!gone) known_[file.filename().string()] = std::move(known);
}

// What somebody has changed since is written again.
bool StateDirectory::Holds(const fs::path& file,
                           const StateStore::Sequence& sequence) const {
  const auto found = known_.find(file.filename().string());
  if (found == known_.end()) return false;
  std::error_code gone;
  const Known& known = found->second;
  return fs::symlink_status(file, gone).type() == fs::file_type::regular &&
         fs::file_size(file, gone) == known.bytes &&
         fs::last_write_time(file, gone) == known.written && !gone &&
         known.origins == sequence.origins;
}

std::vector<std::string> StateDirectory::Load(StateStore* store) {
  std::vector<std::string> warnings;
  size_t loaded = 0;
  for (const StoredState& state : List()) {
    loaded += state.bytes;
    if (loaded > store->budget_bytes()) break;
    const auto sequence = Read(state.path);
    if (sequence) {
      store->Insert(*sequence);
    } else if (sequence.error().code != ErrorCode::kNotFound) {
      warnings.push_back(sequence.error().message);
    }
  }
  return warnings;
}

Status StateDirectory::Save(const StateStore& store) {
  Status saved = MakeStateFolder(folder_);
  for (const auto& sequence :
       MostWorthy(store.Sequences(), limits_.max_bytes)) {
    if (!saved) break;
    saved = Write(sequence);
  }
  Trim();
  return saved;
}

std::vector<StateStore::Sequence> MostWorthy(
    std::vector<StateStore::Sequence> sequences, size_t max_bytes) {
  // A sliding window has passed a part: not worth the trouble.
  std::erase_if(sequences, [](const StateStore::Sequence& sequence) {
    return !sequence.point.whole();
  });
  std::ranges::sort(sequences, std::greater(), &StateStore::Sequence::worth);
  size_t bytes = 0;
  const auto over = std::ranges::find_if(
      sequences, [&bytes, max_bytes](const StateStore::Sequence& sequence) {
        bytes += sequence.bytes;
        return bytes > max_bytes;
      });
  sequences.erase(over, sequences.end());
  return sequences;
}

}  // namespace krait::engine
