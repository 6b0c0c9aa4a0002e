// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model_stamp.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/model/gguf_split.h"

namespace krait::engine {
namespace {

namespace fs = std::filesystem;

// "config.json", "model-00001-of-2.safetensors", "tokenizer.model.v3"
bool IsPartOfModel(std::string_view name) {
  constexpr std::array<std::string_view, 3> kMarks = {".json", ".safetensors",
                                                      ".model"};
  return std::ranges::any_of(kMarks, [name](std::string_view mark) {
    return name.find(mark) != std::string_view::npos;
  });
}

}  // namespace

std::optional<FileStamp> StampFile(const fs::path& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return std::nullopt;
  }
  constexpr int64_t kNsPerSecond = 1'000'000'000;
  return FileStamp{
      .path = path,
      .device = info.st_dev,
      .inode = info.st_ino,
      .bytes = static_cast<uint64_t>(info.st_size),
      .modified_ns = info.st_mtim.tv_sec * kNsPerSecond + info.st_mtim.tv_nsec};
}

ModelStamp StampModel(const fs::path& path) {
  ModelStamp stamp;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    std::vector<fs::path> files = SplitParts(path);
    if (files.empty()) files.push_back(path);
    for (const fs::path& name : files) {
      if (auto file = StampFile(name)) stamp.push_back(std::move(*file));
    }
    return stamp;
  }
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (!IsPartOfModel(it->path().filename().string())) continue;
    if (auto file = StampFile(it->path())) stamp.push_back(std::move(*file));
  }
  std::ranges::sort(stamp, {}, &FileStamp::path);
  return stamp;
}

ModelChange CompareModels(const ModelStamp& loaded, const ModelStamp& now) {
  if (loaded == now) return ModelChange::kNone;
  for (const FileStamp& before : loaded) {
    for (const FileStamp& after : now) {
      if (after.IsSameFile(before) && after != before) {
        return ModelChange::kOverwritten;
      }
    }
  }
  return ModelChange::kReplaced;
}

}  // namespace krait::engine
