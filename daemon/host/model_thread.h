// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_MODEL_THREAD_H_
#define KRAIT_DAEMON_HOST_MODEL_THREAD_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/memory_budget.h"
#include "daemon/completion/generator/forget_scope.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/document_key.h"
#include "daemon/host/hosted_model.h"
#include "daemon/host/task.h"
#include "daemon/host/task_ender.h"
#include "daemon/host/task_queue.h"

namespace krait::daemon {

// What a model's thread is doing, for `krait status`.
struct HostStatus {
  size_t waiting_completions = 0;
  size_t waiting_warmings = 0;
  bool running = false;
  completion::WarmStatus warm;
};

// What is to be forgotten.
struct Forgetting {
  completion::ForgetScope scope;
  // Called on any thread with how many saved states were deleted.
  std::function<void(size_t)> on_done;
  // May not be read any more by what waits.
  std::optional<DocumentKey> forbidden = {};
};

// The idle task in progress.
struct RunningIdle {
  DocumentKey document;
  std::stop_source stop;
  bool stale = false;  // not to be continued
};

// The thread of a model: loads it and then works through a TaskQueue. Tasks
// that come before the model is there wait for it.
//
// Tasks that someone waits for run together, round by round, up to kMostAtOnce:
// one that comes joins, one that ends or is cancelled leaves. In a round one
// prompt is read for a slice, and each task whose prompt is read gets a token,
// all of them in one batch: several cost little more than one. Such a task
// stops an idle one that runs; what that did is kept, and it goes on
// afterwards, unless a newer one of its document has come.
//
// While all that run wait for answers from elsewhere, the thread rests.
//
// What tasks make of what the model said, they make on a thread beside this one
// (TaskEnder); nothing idle runs meanwhile, so that they have the processor.
//
// Before a task begins and when one has ended the model's files are looked at
// (HostedModel). If they were overwritten, what was computed since is dropped,
// all states with it.
//
// When memory runs short, all that is warm goes with the model, which is loaded
// anew, and what was under way is begun again, once. What is warm is a part of
// the memory that all share (MemoryBudget), and gives way to others. Warm
// states are saved once nothing was to be done for a while, and at the end.
//
// All calls are thread-safe.
class ModelThread {
 public:
  // More wait for their turn.
  static constexpr size_t kMostAtOnce = 8;

  struct Options {
    HostedModel::Loader loader;
    HostedModel::Looker look;  // may be null
    HostedModel::OnNews on_news;
    completion::Clock::duration save_when_idle_for;
    std::shared_ptr<base::MemoryBudget> memory;
  };

  // Loading begins at once.
  explicit ModelThread(Options options);
  // Stops what is running and saves what can be saved in seconds. What was
  // neither ended nor failed is not any more.
  ~ModelThread();
  ModelThread(const ModelThread&) = delete;
  ModelThread& operator=(const ModelThread&) = delete;

  // An idle task replaces that of its document, waiting or running.
  void Add(std::unique_ptr<Task> task);
  // Nothing idle is done for the document, or the session, any more.
  void Drop(const DocumentKey& document);
  void DropSession(uint64_t session);

  // Drops what is warm in memory once what runs has ended, and what is saved of
  // files in the scope.
  void Forget(Forgetting forgetting);

  // If there is no model, loading is tried again.
  void TryToLoad();

  HostStatus status() const;

 private:
  void Run();
  // Does the next thing; false: the thread ends.
  bool Work(std::unique_lock<std::mutex>* lock);
  // Waits until there is something to do; false: the thread ends.
  bool WaitForWork(std::unique_lock<std::mutex>* lock);
  // Whether a task of the queue may begin once its time has come.
  bool MayBegin() const;
  void RunNext(std::unique_lock<std::mutex>* lock);
  void RunTasks(std::unique_lock<std::mutex>* lock);
  // Returns whether it was tried to load a model.
  bool LoadAgain(std::unique_lock<std::mutex>* lock);
  // Null if nothing idle is to be done now.
  std::unique_ptr<Task> NextIdle();
  // Returns whether there was one to begin (or to refuse).
  bool BeginTasks(std::unique_lock<std::mutex>* lock);
  void Begin();
  void RunRound(std::unique_lock<std::mutex>* lock);
  std::vector<completion::RunningGeneration*> Generations() const;
  // Finds out whether all that run wait for answers from elsewhere.
  void RestIfAllWait();
  void EndTasks();
  void RunIdle(std::unique_ptr<Task> task, std::unique_lock<std::mutex>* lock);
  // Whether there is a model, as it was loaded. If not, what runs has failed.
  bool ModelIsSound();
  void BeginSaving();
  void SaveAtTheEnd();
  void OnNews(const ModelNews& news);
  // With mutex_ held.
  void StopIdle(bool stale);

  // model_thread_memory.cc:
  void ForgetAll(std::unique_lock<std::mutex>* lock);
  // Memory ran short: drops all that takes it.
  void DropAll(std::unique_lock<std::mutex>* lock,
               const char* why = "out of memory");
  // What was under way then is begun again, or fails.
  void TakeUpInterrupted(std::unique_lock<std::mutex>* lock);
  void TakeUp(std::unique_ptr<Task>* task, std::unique_lock<std::mutex>* lock);
  // Says what is held, and gives back what others need.
  void BalanceMemory();

  const HostedModel::OnNews on_news_;
  const completion::Clock::duration save_when_idle_for_;

  std::stop_source stopping_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  TaskQueue queue_;                      // guarded by mutex_
  std::optional<RunningIdle> idle_;      // guarded by mutex_
  std::vector<Forgetting> forgettings_;  // guarded by mutex_
  bool try_to_load_ = false;             // guarded by mutex_
  bool balance_ = false;                 // guarded by mutex_
  bool ender_changed_ = false;           // guarded by mutex_
  bool resting_ = false;                 // guarded by mutex_
  bool busy_ = false;                    // guarded by mutex_
  completion::WarmStatus warm_status_;   // guarded by mutex_
  base::MemoryBudget::Account account_;  // of the thread

  // On the thread only.
  HostedModel model_;
  bool load_ = true;  // it is to be loaded, for the first time or again
  std::unique_ptr<Task> beginning_;  // not in the queue, and not yet running
  std::vector<std::unique_ptr<Task>> running_;
  // Were running, or ending, when memory ran short.
  std::vector<std::unique_ptr<Task>> interrupted_;
  std::list<std::unique_ptr<Task>> unended_;
  bool any_ended_ = false;  // since memory was balanced
  bool unsaved_ = false;
  completion::Clock::time_point idle_since_;

  TaskEnder ender_;     // its thread calls back
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_MODEL_THREAD_H_
