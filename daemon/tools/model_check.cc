// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/model_check.h"

#include <vector>

#include "daemon/models/download.h"
#include "daemon/models/hub_cache.h"  // FilesBelow
#include "daemon/models/known_content.h"
#include "daemon/terminal.h"
#include "engine/model/gguf_split.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> FilesOf(const fs::path& model) {
  std::error_code error;
  std::vector<fs::path> files;
  if (fs::is_directory(model, error)) {
    for (const models::HubFile& file : models::FilesBelow(model)) {
      files.push_back(model / file.path);
    }
    return files;
  }
  files = engine::SplitParts(model);
  if (files.empty()) files.push_back(model);
  return files;
}

base::Result<size_t> CheckHashes(const fs::path& model) {
  size_t hashed = 0;
  for (const fs::path& file : FilesOf(model)) {
    const auto content = models::KnownContent(file);
    if (content.kind == models::ContentName::Kind::kUnknown) continue;
    constexpr uint64_t kMegabyte = 1'000'000;
    std::optional<Progress> progress;
    const auto same = models::CheckContent(
        file, content, [&](const models::DownloadProgress& done) {
          if (!progress) {
            progress.emplace("hashing " + done.name + ", MB",
                             done.total.value_or(0) / kMegabyte);
          }
          progress->Update(done.done / kMegabyte);
        });
    if (!same) return same.error();
    ++hashed;
  }
  return hashed;
}

}  // namespace

base::Result<VerifiedModel> CheckModel(const fs::path& path, size_t* hashed) {
  const auto hashes = CheckHashes(path);
  if (!hashes) return hashes.error();
  if (hashed != nullptr) *hashed = *hashes;
  return VerifyModel(path);
}

}  // namespace krait::daemon
