// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_HUB_API_H_
#define KRAIT_DAEMON_MODELS_HUB_API_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/models/digest.h"

namespace krait::models {

// The answers of the hub and of Ollama's registry, read. Whatever they hold, no
// name that would leave a folder comes out.

// A file of a repository.
struct HubFile {
  std::string path;  // IsSafePath
  uint64_t bytes = 0;
  ContentName content;  // of a large file its SHA-256, else git's name

  // The hub's name of the content, and that of the file in the cache.
  const std::string& etag() const { return content.hex; }
};

// Returns the commit (40 hex digits) that a branch or a tag names, from the
// answer to /api/models/REPO/refs. kNotFound: there is none of that name.
base::Result<std::string> ParseRefs(std::string_view json,
                                    std::string_view revision);

// Returns the files of a page of the answer to /api/models/REPO/tree/COMMIT.
base::Result<std::vector<HubFile>> ParseTree(std::string_view json);

// The model itself among the layers of an Ollama manifest.
struct OllamaModel {
  std::string sha256;  // 64 hex digits
  uint64_t bytes = 0;
};
base::Result<OllamaModel> ParseOllamaManifest(std::string_view json);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_HUB_API_H_
