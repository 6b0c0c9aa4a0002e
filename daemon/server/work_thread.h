// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_WORK_THREAD_H_
#define KRAIT_DAEMON_SERVER_WORK_THREAD_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace krait::daemon {

// One thread that runs jobs in the order they come. Thread-safe.
class WorkThread {
 public:
  using Job = std::function<void()>;

  WorkThread();
  // Waits for the running job; those not begun are dropped.
  ~WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;

  void Post(Job job);

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses all of the above
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_WORK_THREAD_H_
