// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_INDEX_FOLLOWER_H_
#define KRAIT_DAEMON_REPOSITORY_INDEX_FOLLOWER_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "daemon/repository/chunk_encoder.h"
#include "daemon/repository/file_choice.h"
#include "daemon/repository/indexer.h"

namespace krait::repository {

struct FollowOptions {
  std::filesystem::path index;  // the file
  std::filesystem::path root;
  FileChoice choice = FileChoice();
  // What makes the vectors of this index (see IndexOptions); called before each
  // update, which is tried again later after an error. Null: nothing does.
  std::function<base::Result<std::shared_ptr<const ChunkEncoder>>()> encoder =
      {};
  // Events that come within that time are looked at together.
  std::chrono::milliseconds settle{40};
  // All files are looked at again after so long, in case a change was not told.
  std::chrono::milliseconds again_after = std::chrono::minutes(5);
  std::chrono::milliseconds again_if_incomplete = std::chrono::seconds(10);
  // After a failure, and while it may not work.
  std::chrono::milliseconds try_again_after = std::chrono::seconds(5);
  // Whether it may work now; asked before it begins. Null: always. This and
  // the others are called on the follower's thread.
  std::function<bool()> may_work = {};
  // What an update did, or why it failed; after a failure (a full disk, a root
  // that is gone) it tries again later.
  std::function<void(const base::Result<IndexReport>&)> on_update = {};
  // Of the first update, and of others that take long: files done, of so many.
  std::function<void(size_t done, size_t total)> on_progress = {};
};

// Keeps the index of a repository up to date as long as it exists: brings it up
// to date once, then follows what the system, and whoever calls Changed, say of
// files. Its thread has a low priority. Several may follow one repository,
// in one process or more: they wait for each other, and the second finds little
// to do.
//
// Thread-safe.
class IndexFollower {
 public:
  explicit IndexFollower(FollowOptions options);
  // Stops what runs, and waits for the end of the file that is being read.
  ~IndexFollower();
  IndexFollower(const IndexFollower&) = delete;
  IndexFollower& operator=(const IndexFollower&) = delete;

  // These files were written, made or deleted; relative to the root.
  void Changed(const std::vector<std::string>& files);
  // Whether it is to rest.
  void Pause(bool pause);

  // How often the index was brought up to date.
  uint64_t updates() const;

 private:
  class Work;
  const std::unique_ptr<Work> work_;
  std::jthread thread_;  // stopped and joined first
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_INDEX_FOLLOWER_H_
