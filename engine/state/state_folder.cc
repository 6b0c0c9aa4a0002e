// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/private_files.h"

namespace krait::engine {
namespace {

namespace fs = std::filesystem;

constexpr size_t kModelDigits = 32;
constexpr size_t kFileDigits = 16;

bool IsHex(std::string_view text, size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool IsStateName(std::string_view name) {
  return name.ends_with(kStateExtension) &&
         IsHex(name.substr(0, name.size() - kStateExtension.size()),
               kFileDigits);
}

// Calls `visit` with each entry of a directory that can be looked at.
void ForEachEntry(
    const fs::path& directory,
    const std::function<void(const fs::directory_entry&)>& visit) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    visit(*it);
  }
}

void AddStates(const fs::path& folder, std::vector<StoredState>* states) {
  ForEachEntry(folder, [states](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    const bool temporary = IsStateName(base::FinalName(name));
    if (!temporary && !IsStateName(name)) return;
    std::error_code gone;
    if (entry.symlink_status(gone).type() != fs::file_type::regular) return;
    if (temporary && base::RemoveIfAbandoned(entry.path())) return;
    StoredState state{.path = entry.path(),
                      .written = entry.last_write_time(gone),
                      .temporary = temporary};
    if (gone) return;
    state.bytes = entry.file_size(gone);
    if (!gone) states->push_back(std::move(state));
  });
}

std::vector<StoredState> NewestFirst(std::vector<StoredState> states) {
  std::ranges::sort(states, std::greater(), &StoredState::written);
  return states;
}

}  // namespace

std::vector<StoredState> ListStates(const fs::path& root) {
  std::vector<StoredState> states;
  ForEachEntry(root, [&states](const fs::directory_entry& entry) {
    std::error_code gone;
    if (!IsHex(entry.path().filename().string(), kModelDigits)) return;
    // Of a link that says symlink.
    if (entry.symlink_status(gone).type() != fs::file_type::directory) return;
    AddStates(entry.path(), &states);
  });
  return NewestFirst(std::move(states));
}

std::vector<StoredState> ListStatesOfModel(const fs::path& folder) {
  std::vector<StoredState> states;
  std::error_code gone;
  if (fs::symlink_status(folder, gone).type() == fs::file_type::directory) {
    AddStates(folder, &states);
  }
  return NewestFirst(std::move(states));
}

void TrimStates(const fs::path& root, const StateLimits& limits) {
  const auto now = fs::file_time_type::clock::now();
  size_t bytes = 0;
  for (const StoredState& state : ListStates(root)) {
    bytes += state.bytes;
    const bool old =
        limits.max_age.count() > 0 && now - state.written > limits.max_age;
    if (state.temporary || (!old && bytes <= limits.max_bytes)) continue;
    DeleteState(state.path);
  }
}

void DeleteState(const fs::path& file) {
  (void)unlink(file.c_str());
  // Fails while something is in it.
  (void)rmdir(file.parent_path().c_str());
}

Status MakeStateFolder(const fs::path& folder) {
  if (Status made = base::MakePrivateDirectories(folder); !made) return made;
  struct stat info = {};
  if (lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
      info.st_uid == geteuid()) {
    return {};
  }
  return MakeError(
      ErrorCode::kIo,
      folder.string() +
          ": expected a directory of this user, made by krait, to save states");
}

}  // namespace krait::engine
