// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_TASK_QUEUE_H_
#define KRAIT_DAEMON_HOST_TASK_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/completion/generator/generator.h"
#include "daemon/host/document_key.h"
#include "daemon/host/task.h"

namespace krait::daemon {

// In what order a model's work is done.
//
// What someone waits for comes before all else. Among documents it takes turns:
// the one that was served longest ago is next, so that an editor that asks
// without pause cannot starve another. Of one document the latest task is
// first, as it has replaced the others.
//
// Of what nobody waits for a document has one task, the newest: where the
// cursor was before is of no use. The document that was touched last comes
// first.
//
// Thread-compatible.
class TaskQueue {
 public:
  // Without memory for it, the task stays with whoever brings it.
  void Add(std::unique_ptr<Task>&& task);
  // Puts an idle task back that was begun and stopped for others, in its old
  // place, unless its document has a newer one.
  void Return(std::unique_ptr<Task> task);

  // Null if none of that priority is there, or none whose time has come by
  // `now`; for idle ones, too, while another is waited for.
  std::unique_ptr<Task> Next(TaskPriority priority,
                             completion::Clock::time_point now);
  // Returns when there may be something to do: at once (a time in the past), or
  // when a task's time comes or is to be asked for again; nothing if the queue
  // is empty.
  std::optional<completion::Clock::time_point> ReadyAt() const;

  // Forgets idle tasks and turns; what is waited for stays, to be answered.
  void Drop(const DocumentKey& document);
  void DropSession(uint64_t session);

  // The document may not be read any more: nothing of its session uses it.
  void Forbid(const DocumentKey& document);

  size_t size(TaskPriority priority) const;

 private:
  uint64_t LastServed(const DocumentKey& document) const;
  bool ComesBefore(const Task& a, const Task& b) const;

  std::vector<std::unique_ptr<Task>> tasks_;  // in no order
  std::map<DocumentKey, uint64_t> served_;    // turn of each document
  uint64_t next_turn_ = 1;
  uint64_t next_order_ = 1;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_TASK_QUEUE_H_
