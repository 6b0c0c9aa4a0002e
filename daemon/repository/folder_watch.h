// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_FOLDER_WATCH_H_
#define KRAIT_DAEMON_REPOSITORY_FOLDER_WATCH_H_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <unordered_map>

#include "base/file_descriptor.h"

namespace krait::repository {

// What was seen of files below a root since it was asked last.
struct FileEvents {
  std::set<std::string>
      files;  // written, made or deleted; relative to the root
  // More has changed than that, or may have: folders, too many files, or what
  // could not be watched. Only a look at all of them tells.
  bool all = false;

  bool empty() const { return files.empty() && !all; }
};

// Watches folders by inotify(7), not what is below them. A folder that cannot
// be watched, as there are no more watches, or on a system of files that does
// not tell, is not: is_complete() is false then. Thread-compatible.
class FolderWatch {
 public:
  // So many, of which each takes a kilobyte of the kernel's memory.
  static constexpr size_t kMostFolders = 20'000;

  explicit FolderWatch(std::filesystem::path root);

  // Watches just these, relative to the root ("": itself).
  void SetFolders(const std::set<std::string>& folders);
  bool is_complete() const { return complete_; }

  // To be polled for reading; negative if there is no inotify.
  int fd() const { return fd_.get(); }
  // Adds what has happened, without waiting.
  void Take(FileEvents* events);

 private:
  const std::filesystem::path root_;
  base::FileDescriptor fd_;
  std::unordered_map<int, std::string> folders_;  // by watch
  std::unordered_map<std::string, int> watches_;
  bool complete_ = true;
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_FOLDER_WATCH_H_
