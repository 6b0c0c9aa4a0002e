// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_ACCEPTANCE_FILE_H_
#define KRAIT_DAEMON_SESSION_ACCEPTANCE_FILE_H_

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "daemon/session/acceptance_table.h"

namespace krait::daemon {

// Returns $XDG_STATE_HOME/krait/statistics.json; empty without a home.
std::filesystem::path AcceptanceFile();

// Returns what the file says; an empty table if it does not exist. An error of
// kind kBadFile if it is not what AddToAcceptanceFile writes.
base::Result<AcceptanceTable> ReadAcceptanceFile(
    const std::filesystem::path& file);

// Where a file that cannot be read is kept for whoever wants to look at it.
std::filesystem::path BrokenAcceptanceFile(const std::filesystem::path& file);

// The file after an addition.
struct AcceptanceFileTotal {
  AcceptanceTable table;
  // Why what was there before has been set aside, and where; else empty.
  std::string set_aside;
};

// Adds the counts to the file, which becomes durable as a whole or stays as it
// was. Several processes may do so: a file beside it is locked. One who waits
// longer than `patience` for that, or is stopped, gets an error. May block for
// as long as the file system does.
base::Result<AcceptanceFileTotal> AddToAcceptanceFile(
    const std::filesystem::path& file, const AcceptanceTable& counts,
    std::chrono::milliseconds patience, const std::stop_token& stop = {});

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_ACCEPTANCE_FILE_H_
