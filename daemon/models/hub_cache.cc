// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/hub_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/system_error.h"
#include "daemon/models/digest.h"
#include "daemon/models/model_source.h"  // IsRepoName

namespace krait::models {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

constexpr std::string_view kModels = "models--";

std::string FolderName(std::string_view repo) {
  std::string name(kModels);
  for (const char c : repo) {
    if (c == '/') {
      name += "--";
    } else {
      name += c;
    }
  }
  return name;
}

// The inverse; empty if the folder is no repository's.
std::string RepoName(std::string_view folder) {
  if (!folder.starts_with(kModels)) return {};
  folder.remove_prefix(kModels.size());
  const size_t between = folder.find("--");
  if (between == std::string_view::npos) return {};
  std::string repo = fmt::format("{}/{}", folder.substr(0, between),
                                 folder.substr(between + 2));
  return IsRepoName(repo) ? repo : std::string();
}

std::vector<fs::path> FoldersIn(const fs::path& folder) {
  constexpr size_t kMost = 10'000;
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end;
       !error && it != end && folders.size() < kMost; it.increment(error)) {
    std::error_code not_there;
    if (it->is_directory(not_there)) folders.push_back(it->path());
  }
  std::ranges::sort(folders);
  return folders;
}

// Writes a small file that others may be reading.
base::Status WriteWhole(const fs::path& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return base::SystemError(path.parent_path(), error);
  const fs::path temporary = fmt::format("{}.{}", path.string(), getpid());
  {
    std::ofstream stream(temporary, std::ios::binary);
    stream << text;
    if (!stream.flush()) {
      return base::SystemError(temporary, {errno, std::generic_category()});
    }
  }
  fs::rename(temporary, path, error);
  return error ? base::Status(base::SystemError(path, error)) : base::Status();
}

}  // namespace

fs::path HubCache::Repo(std::string_view repo) const {
  return root_ / FolderName(repo);
}

fs::path HubCache::Blob(std::string_view repo, std::string_view etag) const {
  return Repo(repo) / "blobs" / etag;
}

fs::path HubCache::Partial(std::string_view repo, std::string_view etag) const {
  return Repo(repo) / "blobs" / fmt::format("{}.incomplete", etag);
}

fs::path HubCache::Lock(std::string_view repo, std::string_view etag) const {
  return root_ / ".locks" / FolderName(repo) / fmt::format("{}.lock", etag);
}

fs::path HubCache::Snapshot(std::string_view repo,
                            std::string_view commit) const {
  return Repo(repo) / "snapshots" / commit;
}

base::Status HubCache::LinkFile(std::string_view repo, std::string_view commit,
                                const HubFile& file) const {
  const fs::path link = Snapshot(repo, commit) / file.path;
  const fs::path blob = Blob(repo, file.etag());
  // Relative, so that the cache can be moved.
  const fs::path target = blob.lexically_relative(link.parent_path());
  std::error_code error;
  fs::create_directories(link.parent_path(), error);
  if (error) return base::SystemError(link.parent_path(), error);
  if (fs::read_symlink(link, error) == target) return {};
  const fs::path temporary = fmt::format("{}.{}", link.string(), getpid());
  fs::create_symlink(target, temporary, error);
  if (!error) fs::rename(temporary, link, error);
  return error ? base::Status(base::SystemError(link, error)) : base::Status();
}

base::Status HubCache::WriteRef(std::string_view repo,
                                std::string_view revision,
                                std::string_view commit) const {
  if (revision == commit) return {};
  return WriteWhole(Repo(repo) / "refs" / revision, commit);
}

std::string HubCache::ReadRef(std::string_view repo,
                              std::string_view revision) const {
  if (IsHex(revision, kSha1Digits)) return std::string(revision);
  std::ifstream stream(Repo(repo) / "refs" / revision);
  std::string commit;
  std::getline(stream, commit);
  return IsHex(commit, kSha1Digits) ? commit : std::string();
}

std::vector<HubFile> HubCache::Files(std::string_view repo,
                                     std::string_view commit) const {
  return FilesBelow(Snapshot(repo, commit));
}

std::vector<HubCache::Snapshots> HubCache::Repositories() const {
  std::vector<Snapshots> repositories;
  for (const fs::path& folder : FoldersIn(root_)) {
    const std::string repo = RepoName(folder.filename().string());
    if (repo.empty()) continue;
    repositories.push_back({repo, FoldersIn(folder / "snapshots")});
  }
  return repositories;
}

std::vector<HubFile> FilesBelow(const fs::path& folder) {
  constexpr size_t kMost = 10'000;
  constexpr int kDeepest = 4;
  std::vector<HubFile> files;
  std::error_code error;
  size_t entries = 0;
  for (fs::recursive_directory_iterator it(folder, error), end;
       !error && it != end && ++entries < kMost; it.increment(error)) {
    if (it.depth() >= kDeepest) it.disable_recursion_pending();
    std::error_code not_a_file;  // a link whose content is gone
    if (!it->is_regular_file(not_a_file)) continue;
    const uint64_t bytes = it->file_size(not_a_file);
    if (not_a_file) continue;
    files.push_back(
        {.path = it->path().lexically_relative(folder).generic_string(),
         .bytes = bytes,
         .content = {}});
  }
  std::ranges::sort(files, {}, &HubFile::path);
  return files;
}

}  // namespace krait::models
