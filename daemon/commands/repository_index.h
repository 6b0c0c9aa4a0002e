// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_REPOSITORY_INDEX_H_
#define KRAIT_DAEMON_COMMANDS_REPOSITORY_INDEX_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "daemon/completion/rules/file_rules.h"
#include "daemon/repository/indexer.h"
#include "daemon/repository_encoder.h"

namespace krait::daemon {

// A repository that somebody named, and where its index is kept.
struct NamedRepository {
  std::filesystem::path root;   // absolute, without links
  std::filesystem::path index;  // a file in the user's state directory
  // What the user's settings name, once OpenEncoder has been called; null:
  // words alone.
  std::shared_ptr<const RepositoryEncoder> encoder = {};
};

// Returns the repository that a directory is or lies in; the directory itself
// if it lies in none.
base::Result<NamedRepository> FindRepository(const std::string& directory);

// Opens the encoder of an index that is to be read or written.
base::Status OpenEncoder(NamedRepository* named);

// Brings its index up to date, and shows how far it is; `threads` 0: as many as
// there are processors. An interrupt stops it; what was done by then is kept.
base::Result<repository::IndexReport> UpdateNamed(
    const NamedRepository& named, const completion::FileRules& rules,
    size_t threads = 0);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_REPOSITORY_INDEX_H_
