// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_TASK_ENDER_H_
#define KRAIT_DAEMON_HOST_TASK_ENDER_H_

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "daemon/host/task.h"

namespace krait::daemon {

// Ends tasks that have left their model, on a thread of its own, in the order
// in which they come: making an answer of what was said takes a parser's time.
//
// All calls are thread-safe.
class TaskEnder {
 public:
  // Called on the ender's thread when there is nothing to end any more, or
  // memory ran short for one, see TakeUnended.
  using OnChange = std::function<void()>;

  explicit TaskEnder(OnChange on_change);
  // Waits for the task that it ends. Those that wait are not ended.
  ~TaskEnder();
  TaskEnder(const TaskEnder&) = delete;
  TaskEnder& operator=(const TaskEnder&) = delete;

  // Without memory for it, the task stays with whoever brings it.
  void End(std::unique_ptr<Task>&& task);

  // Whether there is something to end.
  bool busy() const;

  // Returns those that memory ran short for; they were let go of.
  std::list<std::unique_ptr<Task>> TakeUnended();

 private:
  using Tasks = std::list<std::unique_ptr<Task>>;

  void Run();
  // Ends the only one in `task`, or leaves it there.
  static void EndOne(Tasks* task);

  const OnChange on_change_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Tasks waiting_;         // guarded by mutex_
  Tasks unended_;         // guarded by mutex_
  bool ending_ = false;   // one is; guarded by mutex_
  bool stopped_ = false;  // guarded by mutex_
  std::thread thread_;    // last: it uses all of the above
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_TASK_ENDER_H_
