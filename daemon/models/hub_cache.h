// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_HUB_CACHE_H_
#define KRAIT_DAEMON_MODELS_HUB_CACHE_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/models/hub_api.h"

namespace krait::models {

// The hub's own cache, as its clients and llama.cpp lay it out, so that all of
// them find what one has fetched (huggingface.co/docs/hub/local-cache):
//
//   models--OWNER--REPO/refs/main             the commit, 40 hex digits
//   models--OWNER--REPO/blobs/ETAG            contents, by their hash
//   models--OWNER--REPO/snapshots/COMMIT/...  links to contents, by path
//   .locks/models--OWNER--REPO/ETAG.lock      held by who fetches one
class HubCache {
 public:
  explicit HubCache(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path Blob(std::string_view repo,
                             std::string_view etag) const;
  // Where a content is while it is being fetched.
  std::filesystem::path Partial(std::string_view repo,
                                std::string_view etag) const;
  std::filesystem::path Lock(std::string_view repo,
                             std::string_view etag) const;
  std::filesystem::path Snapshot(std::string_view repo,
                                 std::string_view commit) const;

  // Makes the file of a commit, whose content is there, known by its path.
  base::Status LinkFile(std::string_view repo, std::string_view commit,
                        const HubFile& file) const;
  // Notes what a branch or a tag was when it was asked for.
  base::Status WriteRef(std::string_view repo, std::string_view revision,
                        std::string_view commit) const;
  // Returns that; the revision itself if it is a commit; empty if unknown.
  std::string ReadRef(std::string_view repo, std::string_view revision) const;

  // Returns the files of a commit that are here, without their hashes.
  std::vector<HubFile> Files(std::string_view repo,
                             std::string_view commit) const;

  struct Snapshots {
    std::string repo;  // "owner/repo"
    std::vector<std::filesystem::path> folders;
  };
  // Returns all repositories of models.
  std::vector<Snapshots> Repositories() const;

 private:
  std::filesystem::path Repo(std::string_view repo) const;

  std::filesystem::path root_;
};

// Returns the files below a folder, a few levels deep, as paths in it; bounded.
std::vector<HubFile> FilesBelow(const std::filesystem::path& folder);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_HUB_CACHE_H_
