// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace krait::repository {
namespace {

// An editor writes in place, or a new file that it renames.
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE |
                             IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
                             IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;

// More are not worth being looked at one by one.
constexpr size_t kMostFiles = 2'000;

}  // namespace

FolderWatch::FolderWatch(std::filesystem::path root)
    : root_(std::move(root)), fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  complete_ = fd_.get() >= 0;
}

void FolderWatch::SetFolders(const std::set<std::string>& folders) {
  if (fd_.get() < 0) return;
  std::vector<std::string> gone;
  for (const auto& [folder, watch] : watches_) {
    if (!folders.contains(folder)) gone.push_back(folder);
  }
  for (const std::string& folder : gone) {
    const int watch = watches_.at(folder);
    inotify_rm_watch(fd_.get(), watch);
    folders_.erase(watch);
    watches_.erase(folder);
  }
  complete_ = folders.size() <= kMostFolders;
  for (const std::string& folder : folders) {
    if (watches_.contains(folder)) continue;
    if (watches_.size() >= kMostFolders) break;
    const int watch =
        inotify_add_watch(fd_.get(), (root_ / folder).c_str(), kEvents);
    if (watch < 0) {
      // One that is gone meanwhile is seen by the folder above.
      if (errno != ENOENT && errno != ENOTDIR) complete_ = false;
      continue;
    }
    // The same folder by another name has the same watch: the last name counts.
    if (const auto known = folders_.find(watch); known != folders_.end()) {
      watches_.erase(known->second);
    }
    folders_[watch] = folder;
    watches_[folder] = watch;
  }
}

void FolderWatch::Take(FileEvents* events) {
  if (fd_.get() < 0) return;
  alignas(inotify_event) std::array<char, 64 << 10> buffer;
  for (;;) {
    const ssize_t size = read(fd_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    for (size_t at = 0; at < static_cast<size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      const char* const name = buffer.data() + at + sizeof(event);
      at += sizeof(event) + event.len;
      const auto folder = folders_.find(event.wd);
      if ((event.mask & IN_IGNORED) != 0) {
        if (folder == folders_.end()) continue;
        watches_.erase(folder->second);
        folders_.erase(folder);
        continue;
      }
      const bool of_folder =
          (event.mask &
           (IN_Q_OVERFLOW | IN_ISDIR | IN_DELETE_SELF | IN_MOVE_SELF)) != 0;
      if (of_folder || folder == folders_.end() || event.len == 0) {
        events->all = events->all || of_folder;
        continue;
      }
      const std::string_view file(name);
      // What rules say of other files.
      if (file == ".gitignore") events->all = true;
      events->files.insert(folder->second.empty()
                               ? std::string(file)
                               : folder->second + "/" + std::string(file));
      if (events->files.size() > kMostFiles) events->all = true;
    }
  }
}

}  // namespace krait::repository
