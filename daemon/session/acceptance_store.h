// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_ACCEPTANCE_STORE_H_
#define KRAIT_DAEMON_SESSION_ACCEPTANCE_STORE_H_

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "daemon/session/acceptance_table.h"

namespace krait::daemon {

// What became of all suggestions, in a file that outlives the process. It is
// on this machine only.
//
// The file is read and written on a thread of its own: it may lie on a file
// system that does not answer, or be locked by a process that does not go on.
// Thread-compatible; no call waits for the file but Flush and the end.
class AcceptanceStore {
 public:
  // An empty `file`: nothing is counted.
  explicit AcceptanceStore(std::filesystem::path file);
  // Saves, but gives up after a second.
  ~AcceptanceStore();
  AcceptanceStore(const AcceptanceStore&) = delete;
  AcceptanceStore& operator=(const AcceptanceStore&) = delete;

  void Add(std::string_view language, std::string_view plan,
           const AcceptanceCounts& counts);

  // Forgets what was counted, which is not saved then; the file stays.
  void Clear();

  // Returns what the file said when it was last read, and what was counted
  // since; nothing if it has not been read yet or could not be.
  std::optional<AcceptanceTable> Total() const;

  // Begins to add to the file what was counted since the last time. Several
  // processes may do so. What cannot be saved is logged, and kept for the next
  // time.
  void Save();

  // Saves and waits until that was tried; false after `limit`.
  bool Flush(std::chrono::milliseconds limit);

 private:
  struct Shared;
  static void Run(const std::shared_ptr<Shared>& shared);

  const std::filesystem::path file_;
  const std::shared_ptr<Shared> shared_;  // the thread's, too
  std::thread thread_;                    // none without a file
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_ACCEPTANCE_STORE_H_
