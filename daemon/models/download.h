// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_DOWNLOAD_H_
#define KRAIT_DAEMON_MODELS_DOWNLOAD_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "daemon/models/digest.h"
#include "daemon/models/http_client.h"
#include "daemon/models/url.h"

namespace krait::models {

// A file to be fetched.
struct WantedFile {
  Url url;
  std::string name;               // for messages
  std::filesystem::path target;   // is there when all of it is
  std::filesystem::path partial;  // on the same file system
  // Also locked meanwhile, for others who fetch it; empty: nothing.
  std::filesystem::path lock = {};
  std::optional<uint64_t> bytes = {};
  ContentName content = {};
  std::string help = {};  // what to do about a 401, 403 or 404
  // Told the length when that is learned from the server; an error ends it.
  std::function<base::Status(uint64_t bytes)> on_length = {};
};

struct DownloadProgress {
  std::string name;
  uint64_t done = 0;  // bytes, with those of earlier runs
  std::optional<uint64_t> total;
};
using OnDownloadProgress = std::function<void(const DownloadProgress&)>;

// Fetches a file, going on where an earlier run ended, however that did. It
// comes to its target when its length and its hash are what they are to be;
// else nothing is ever there. What cannot be mended by trying again ends it; a
// wrong hash removes what has come.
base::Status Download(const WantedFile& wanted, HttpClient& client,
                      const OnDownloadProgress& on_progress);

// Fails unless the file's content has this name; reads all of it.
base::Status CheckContent(const std::filesystem::path& path,
                          const ContentName& content,
                          const OnDownloadProgress& on_progress);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_DOWNLOAD_H_
