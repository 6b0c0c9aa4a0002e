// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_INDEXER_H_
#define KRAIT_DAEMON_REPOSITORY_INDEXER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/repository/chunk_encoder.h"
#include "daemon/repository/document.h"
#include "daemon/repository/file_choice.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/walk.h"

namespace krait::repository {

struct IndexOptions {
  std::filesystem::path index;  // the file
  std::filesystem::path root;
  FileChoice choice = FileChoice();
  size_t threads = 1;  // that read and parse; this one writes
  // Only these files, relative to the root, be they there or not; nothing: all.
  std::optional<std::vector<std::string>> only = {};
  // Makes a vector of each chunk; null: none are made. An index that has others
  // is made anew.
  const ChunkEncoder* encoder = nullptr;
  WalkOptions limits = WalkOptions();  // GCC 12 takes {} for unset
  // Instead of what a file says; for measuring. May be null.
  std::function<std::string(const std::string& path, std::string text)> change =
      {};
  // How far it is, now and then: files done, of so many.
  std::function<void(size_t done, size_t total)> on_progress = {};
};

// What an update did.
struct IndexReport {
  uint64_t changed = 0;  // files that were read and are new
  uint64_t removed = 0;
  uint64_t unchanged = 0;
  bool rebuilt = false;  // from nothing
  IndexCounts counts;    // of the whole index
  uint64_t index_bytes = 0;
  std::chrono::nanoseconds walked{};
  std::chrono::nanoseconds took{};
};

// Brings an index up to date with the files of its repository, or with those
// that somebody says have changed: reads those
// whose size or time of change is another, and of these parses what has another
// hash. What is written is whole after every second or so: an end at any point,
// by kill -9 too, leaves an index that the next call goes on from. Two calls,
// in one process or several, wait for each other.
base::Result<IndexReport> UpdateIndex(const IndexOptions& options,
                                      const std::stop_token& stop = {});

// Returns a file's chunks with their terms, and vectors if there is an encoder,
// of a file that is text; exposed for tests and measuring.
IndexedFile IndexText(const std::string& path,
                      const std::shared_ptr<const std::string>& text,
                      const ChunkEncoder* encoder = nullptr);
IndexedFile IndexDocument(const std::string& path, const Document& document,
                          const ChunkEncoder* encoder = nullptr);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_INDEXER_H_
