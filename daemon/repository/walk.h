// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_WALK_H_
#define KRAIT_DAEMON_REPOSITORY_WALK_H_

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "daemon/repository/file_choice.h"
#include "daemon/repository/ignore_rules.h"
#include "daemon/repository/read_file.h"

namespace krait::repository {

struct FoundFile {
  std::string path;  // relative to the root, with slashes
  FileStamp stamp;
};

struct WalkOptions {
  size_t max_depth = 64;  // of folders
  size_t max_files = 1'000'000;
  // Called with each folder that is entered, "" first. May be null.
  std::function<void(const std::string& path)> on_folder = {};
};

// Calls `on_file` for each file below `root` that neither git's rules nor the
// choice leave out by its name or its size, in the order of the names, folder
// by folder. Links are not followed. What cannot be read is left out, as what
// goes away meanwhile is; only the root has to be there. False from `on_file`
// ends the walk, as a stop does (an error of kind kCancelled).
base::Status Walk(const std::filesystem::path& root, const FileChoice& choice,
                  const WalkOptions& limits,
                  const std::function<bool(FoundFile)>& on_file,
                  std::stop_token stop = {});

// Returns what an index makes of one file, whose text is read for that. `path`
// is relative to the root. An error: there is no such file.
base::Result<Verdict> Explain(const std::filesystem::path& root,
                              const std::string& path,
                              const FileChoice& choice);

// Returns the file at a path as a walk finds it; nothing if a walk leaves it
// out, be it that there is none, or that a folder above is a link.
std::optional<FoundFile> FindFile(const std::filesystem::path& root,
                                  const std::string& path,
                                  const FileChoice& choice);

// Returns the nearest folder at or above `path` that has a .git; `path` itself
// (without links) if there is none.
std::filesystem::path RootOf(const std::filesystem::path& path);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_WALK_H_
