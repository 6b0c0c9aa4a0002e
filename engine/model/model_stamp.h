// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_MODEL_STAMP_H_
#define KRAIT_ENGINE_MODEL_MODEL_STAMP_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace krait::engine {

// Which file it is, and whether it was written since: what can be told without
// reading it.
struct FileStamp {
  std::filesystem::path path;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t bytes = 0;
  int64_t modified_ns = 0;  // since 1970

  bool operator==(const FileStamp&) const = default;
  bool IsSameFile(const FileStamp& other) const {
    return path == other.path && device == other.device && inode == other.inode;
  }
};

// The files of a model, by path.
using ModelStamp = std::vector<FileStamp>;

// Looks at one file. Nothing if there is none.
std::optional<FileStamp> StampFile(const std::filesystem::path& path);

// Looks at the model at `path`: that file, or if its name is that of a part all
// parts, or of a directory all that a model can consist of (configuration,
// tokenizer, weights). What is not there is not in it. Takes microseconds, as
// long as the file system answers.
ModelStamp StampModel(const std::filesystem::path& path);

// What became of a model that was loaded.
enum class ModelChange : uint8_t {
  kNone,
  // Other files are in their place, or none. What is mapped is unharmed.
  kReplaced,
  // The files that are mapped were written, so that what they hold now is
  // neither the old model nor surely the new one.
  kOverwritten,
};

ModelChange CompareModels(const ModelStamp& loaded, const ModelStamp& now);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_MODEL_STAMP_H_
