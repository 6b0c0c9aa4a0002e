// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_directory.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

#include "engine/model/mapped_file.h"
#include "engine/state/state_file.h"

namespace krait::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".state";

// A file that is being written is done long before this.
constexpr std::chrono::hours kAbandonedAfter{1};

struct SavedFile {
  fs::path path;
  fs::file_time_type written;
  size_t bytes;
};

// Returns the saved files below `folder`, the newest first; deletes what
// another process left unfinished.
std::vector<SavedFile> ListFiles(const fs::path& folder) {
  std::vector<SavedFile> files;
  std::error_code error;
  fs::recursive_directory_iterator walk(folder, error);
  const auto now = fs::file_time_type::clock::now();
  for (; !error && walk != fs::recursive_directory_iterator();
       walk.increment(error)) {
    std::error_code gone;
    SavedFile file{walk->path(), walk->last_write_time(gone), 0};
    if (gone || !walk->is_regular_file(gone)) continue;
    file.bytes = walk->file_size(gone);
    if (gone) continue;
    if (file.path.extension() == kExtension)
      files.push_back(std::move(file));
    else if (file.path.extension() == ".tmp" &&
             now - file.written > kAbandonedAfter) {
      fs::remove(file.path, gone);
    }
  }
  std::ranges::sort(files, std::greater(), &SavedFile::written);
  return files;
}

}  // namespace

StateDirectory::StateDirectory(fs::path root, const Model& model,
                               size_t max_bytes)
    : root_(std::move(root)),
      model_(model),
      max_bytes_(max_bytes),
      fingerprint_(FingerprintOf(model.file())),
      folder_(root_ / fingerprint_.Hex()) {}

fs::path StateDirectory::PathOf(std::span<const TokenId> tokens) const {
  const uint64_t hash = XXH3_64bits(tokens.data(), tokens.size_bytes());
  return folder_ / fmt::format("{:016x}{}", hash, kExtension);
}

std::vector<std::string> StateDirectory::Load(StateStore* store) const {
  std::vector<std::string> warnings;
  size_t loaded = 0;
  for (const SavedFile& file : ListFiles(folder_)) {
    loaded += file.bytes;
    if (loaded > store->budget_bytes()) break;
    const std::string name = file.path.string();
    auto mapped = MappedFile::Open(file.path);
    if (!mapped) continue;  // another process has deleted it
    const auto keeper = std::make_shared<MappedFile>(std::move(*mapped));
    const auto view = ParseStateFile(keeper->bytes(), name);
    if (!view) {
      warnings.push_back(view.error().message);
      continue;
    }
    if (view->model != fingerprint_) {
      warnings.push_back(name + ": of another model");
      continue;
    }
    const auto point = MakeResumePoint(*view, model_, keeper, name);
    if (!point) {
      warnings.push_back(point.error().message);
      continue;
    }
    store->Insert(view->tokens, *point);
  }
  return warnings;
}

Status StateDirectory::Save(const StateStore& store) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error) {
    // Source code can be guessed from states: for the user alone.
    fs::permissions(root_, fs::perms::owner_all, error);
  }
  if (error) {
    return MakeError(ErrorCode::kIo, folder_.string() + ": " + error.message());
  }
  std::vector<StateStore::Sequence> sequences = store.Sequences();
  std::ranges::sort(sequences, std::greater(), &StateStore::Sequence::worth);
  size_t bytes = 0;
  for (const StateStore::Sequence& sequence : sequences) {
    // A sliding window has passed a part: not worth the trouble.
    if (std::ranges::count(sequence.point.blocks, nullptr) > 0) continue;
    if (sequence.point.snapshot != nullptr) {
      bytes += sequence.point.snapshot->bytes();
    }
    for (const auto& block : sequence.point.blocks) bytes += block->bytes();
    if (bytes > max_bytes_) break;
    const fs::path path = PathOf(sequence.tokens);
    if (fs::exists(path, error)) {
      fs::last_write_time(path, fs::file_time_type::clock::now(), error);
      continue;
    }
    const Status written =
        WriteStateFile(path, fingerprint_, sequence.tokens, sequence.point);
    if (!written) return written;
  }
  DeleteOldest();
  return {};
}

void StateDirectory::DeleteOldest() const {
  size_t bytes = 0;
  for (const SavedFile& file : ListFiles(root_)) {
    bytes += file.bytes;
    std::error_code gone;
    if (bytes > max_bytes_) fs::remove(file.path, gone);
  }
}

}  // namespace krait::engine
