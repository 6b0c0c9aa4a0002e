// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/own_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "base/system_error.h"
#include "daemon/models/file_names.h"
#include "daemon/models/hub_cache.h"

namespace krait::models {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

// The file, or all parts of it if it is one of several.
std::vector<fs::path> PartsOf(const fs::path& path) {
  const auto split = ParseSplitName(path.filename().string());
  if (!split) return {path};
  std::vector<fs::path> parts;
  for (size_t part = 1; part <= split->parts; ++part) {
    parts.push_back(path.parent_path() / fmt::format("{}-{:05}-of-{:05}.gguf",
                                                     split->base, part,
                                                     split->parts));
  }
  return parts;
}

// Under which name a part of the model is linked.
std::string LinkName(const fs::path& part, const std::string& name) {
  std::string file = part.filename().string();
  if (name.empty()) return file;
  std::error_code error;
  if (fs::is_directory(part, error)) return name;
  const auto split = ParseSplitName(file);
  if (!split) return name + ".gguf";
  return fmt::format("{}-{:05}-of-{:05}.gguf", name, split->part, split->parts);
}

base::Status Link(const fs::path& target, const fs::path& link) {
  std::error_code error;
  if (fs::is_symlink(link, error) && fs::read_symlink(link, error) == target) {
    return {};
  }
  if (fs::exists(fs::symlink_status(link, error))) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: is there already, and is another model "
                                 "(give --name, or `krait model remove` it)",
                                 link.string()));
  }
  fs::create_symlink(target, link, error);
  return error ? base::Status(base::SystemError(link, error)) : base::Status();
}

uint64_t SizeOf(const fs::path& path) {
  std::error_code error;
  if (fs::is_symlink(path, error)) return 0;
  const uint64_t bytes = fs::file_size(path, error);
  return error ? 0 : bytes;
}

base::Result<uint64_t> RemoveOwn(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(fs::symlink_status(path, error))) {
    uint64_t freed = 0;
    for (const HubFile& file : FilesBelow(path)) freed += file.bytes;
    fs::remove_all(path, error);
    if (error) return base::SystemError(path, error);
    return freed;
  }
  uint64_t freed = 0;
  for (const fs::path& part : PartsOf(path)) {
    freed += SizeOf(part);
    fs::remove(part, error);
    if (error) return base::SystemError(part, error);
    for (const char* beside : {".sha256", ".incomplete", ".incomplete.etag"}) {
      fs::remove(part.string() + beside, error);
    }
  }
  return freed;
}

// Whether a link below the folder leads to the content.
bool IsLinked(const fs::path& folder, const fs::path& blob) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code broken;
    if (it->is_symlink(broken) && fs::canonical(it->path(), broken) == blob) {
      return true;
    }
  }
  return false;
}

// `file` is repo/snapshots/commit/...; its content goes if it was the last.
base::Result<uint64_t> RemoveFromHub(const fs::path& file,
                                     const fs::path& repo) {
  std::error_code error;
  const fs::path blob = fs::canonical(file, error);
  if (error) return base::SystemError(file, error);
  fs::remove(file, error);
  if (error) return base::SystemError(file, error);
  // Empty folders are nothing.
  for (fs::path folder = file.parent_path();
       folder != repo && fs::remove(folder, error) && !error;) {
    folder = folder.parent_path();
  }
  if (IsLinked(repo / "snapshots", blob)) return uint64_t{0};
  const uint64_t freed = SizeOf(blob);
  fs::remove(blob, error);
  if (error) return base::SystemError(blob, error);
  return freed;
}

// Whether `path` is in `folder`; both without links in the folders.
bool IsIn(const fs::path& path, const fs::path& folder) {
  if (folder.empty()) return false;
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != ".." && relative != ".";
}

// The files of the model in a snapshot: all of it if that is the model.
std::vector<fs::path> FilesOf(const fs::path& model) {
  std::error_code error;
  if (!fs::is_directory(model, error)) return PartsOf(model);
  std::vector<fs::path> files;
  for (const HubFile& file : FilesBelow(model)) {
    files.push_back(model / file.path);
  }
  return files;
}

}  // namespace

base::Result<fs::path> AddLink(const fs::path& path, const std::string& name,
                               const fs::path& own) {
  if (own.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     "no folder for models: set HOME or XDG_DATA_HOME");
  }
  if (!name.empty() &&
      (!IsSafePath(name) || name.find('/') != std::string::npos)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("--name {}: no name for a file", name));
  }
  std::error_code error;
  fs::path model = fs::absolute(path, error).lexically_normal();
  if (!model.has_filename()) model = model.parent_path();
  fs::create_directories(own, error);
  if (error) return base::SystemError(own, error);
  fs::path first;
  for (const fs::path& part : PartsOf(model)) {
    const fs::path link = own / LinkName(part, name);
    if (const auto linked = Link(part, link); !linked) return linked.error();
    if (first.empty()) first = link;
  }
  return first;
}

base::Result<uint64_t> RemoveModel(const fs::path& path,
                                   const ModelStores& stores) {
  std::error_code error;
  const fs::path model =
      fs::canonical(path.parent_path(), error) / path.filename();
  if (IsIn(model, fs::weakly_canonical(stores.own, error))) {
    return RemoveOwn(model);
  }
  const fs::path hub = fs::weakly_canonical(stores.hub, error);
  if (!IsIn(model, hub)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: not krait's own, so it stays: it is in neither {} nor "
                    "{}",
                    path.string(), stores.own.string(), stores.hub.string()));
  }
  const fs::path repo = hub / *model.lexically_relative(hub).begin();
  uint64_t freed = 0;
  for (const fs::path& file : FilesOf(model)) {
    const auto bytes = RemoveFromHub(file, repo);
    if (!bytes) return bytes.error();
    freed += *bytes;
  }
  return freed;
}

}  // namespace krait::models
