// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_FILE_LOOKUP_H_
#define KRAIT_DAEMON_SESSION_FILE_LOOKUP_H_

#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace krait::daemon {

// What the file system says of an absolute path.
struct FileFacts {
  // The other paths of the file: where its links lead to, one after the other,
  // and in the end where it really is. Of one that does not exist, where it
  // would be.
  std::vector<std::filesystem::path> real_paths = {};
  // The nearest folder above with a .git; empty: there is none.
  std::filesystem::path repository = {};
  // Why the real paths are not known; empty if they are.
  std::string problem = {};
};

// Asks the file system, which may take as long as it likes.
FileFacts LookUpFile(const std::filesystem::path& path);

// Asks the file system on threads of its own, so that one that is slow or
// hangs holds up nobody who has other files. A thread that hangs cannot be
// ended: it is left behind, and what it finds in the end goes nowhere.
//
// All calls on the owner's thread.
class FileLookup {
 public:
  using LookUp = std::function<FileFacts(const std::filesystem::path&)>;
  using OnFound = std::function<void(const FileFacts&)>;
  // Brings a call to the owner's thread. Not called any more once the
  // destructor has returned.
  using PostToOwner = std::function<void(std::function<void()>)>;

  // So many may hang before others have to wait for them.
  static constexpr size_t kMostAtOnce = 16;

  explicit FileLookup(PostToOwner post, LookUp look_up = LookUpFile);
  ~FileLookup();
  FileLookup(const FileLookup&) = delete;
  FileLookup& operator=(const FileLookup&) = delete;

  // Calls back on the owner's thread, always later; never once this is gone.
  void Find(std::filesystem::path path, OnFound on_found);

 private:
  struct Shared;
  struct Job {
    std::filesystem::path path;
    OnFound on_found;
  };

  void Start(Job job);
  void Ended(const OnFound& on_found, const FileFacts& facts);

  const std::shared_ptr<Shared> shared_;
  std::deque<Job> waiting_;
  size_t running_ = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_FILE_LOOKUP_H_
