// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_FILE_LOOKUP_H_
#define KRAIT_DAEMON_SESSION_FILE_LOOKUP_H_

#include <cstddef>
#include <cstdint>
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
  // Git's rules leave it out, by any of its names; asked for by ForSending
  // only.
  bool ignored = false;
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

  // A lookup that was asked for.
  struct Job;
  using Ticket = std::shared_ptr<Job>;

  // So many run at once; others wait for them until they are late.
  static constexpr size_t kMostAtOnce = 16;
  // So many late ones may hang before others have to wait for them, too.
  static constexpr size_t kMostLate = 256;

  explicit FileLookup(PostToOwner post, LookUp look_up = LookUpFile);
  ~FileLookup();
  FileLookup(const FileLookup&) = delete;
  FileLookup& operator=(const FileLookup&) = delete;

  // Calls back on the owner's thread, always later; never once this is gone.
  Ticket Find(std::filesystem::path path, OnFound on_found);
  // It takes so long that no other is to wait for it any more. What it finds
  // is called back all the same.
  void SetLate(const Ticket& job);

 private:
  struct Shared;

  void Start(const Ticket& job);
  void StartWaiting();
  void Ended(const Ticket& job, const FileFacts& facts);

  const std::shared_ptr<Shared> shared_;
  std::deque<Ticket> waiting_;
  uint32_t running_ = 0;  // but for the late ones
  uint32_t late_ = 0;
};

// Does what `look_up` does, and asks for what git ignores: for whoever has to
// know which files may be sent.
FileLookup::LookUp ForSending(FileLookup::LookUp look_up);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_FILE_LOOKUP_H_
