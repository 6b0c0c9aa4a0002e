// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_ACCEPTANCE_STORE_H_
#define KRAIT_DAEMON_SERVER_ACCEPTANCE_STORE_H_

#include <filesystem>
#include <string_view>
#include <utility>

#include "daemon/server/acceptance_table.h"
#include "engine/error.h"

namespace krait::daemon {

// What became of all suggestions, in a file that outlives the process. It is
// on this machine only. Thread-compatible.
class AcceptanceStore {
 public:
  // An empty `file`: nothing is counted.
  explicit AcceptanceStore(std::filesystem::path file)
      : file_(std::move(file)) {}

  void Add(std::string_view language, std::string_view plan,
           const AcceptanceCounts& counts);

  // Forgets what was counted since the last Save.
  void Clear() { unsaved_ = {}; }

  // Returns what the file says and what was counted since.
  engine::Result<AcceptanceTable> Total() const;

  // Adds to the file what was counted since the last time; does nothing if
  // there is nothing. Several processes may do so: the file is locked. What
  // cannot be saved is kept for the next time.
  engine::Status Save();

 private:
  const std::filesystem::path file_;
  AcceptanceTable unsaved_;
};

// Returns $XDG_STATE_HOME/krait/statistics.json; empty without a home.
std::filesystem::path AcceptanceFile();

// Returns what the file says; an empty table if it does not exist.
engine::Result<AcceptanceTable> ReadAcceptanceFile(
    const std::filesystem::path& file);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_ACCEPTANCE_STORE_H_
