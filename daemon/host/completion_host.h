// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_COMPLETION_HOST_H_
#define KRAIT_DAEMON_HOST_COMPLETION_HOST_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator.h"
#include "daemon/completion/rules/language_rules.h"
#include "daemon/host/job_queue.h"
#include "daemon/host/statistics.h"
#include "engine/model/model_stamp.h"

namespace krait::daemon {

// A generator that is ready to run, with a sentence about it for the log.
struct ReadyGenerator {
  std::unique_ptr<completion::Generator> generator;
  std::string description;
  size_t threads = 0;
};

// What a host is doing, for `krait status`.
struct HostStatus {
  size_t waiting_completions = 0;
  size_t waiting_warmings = 0;
  bool running = false;
  completion::WarmStatus warm;
};

// The warming job in progress.
struct RunningWarming {
  DocumentKey document;
  std::stop_source stop;
  bool stale = false;  // not to be continued
};

// One loaded model, shared by the sessions of all editors. Its thread loads it
// and then works through a JobQueue. Completions that come before the model is
// there wait for it.
//
// Completions run together, round by round, up to kMostAtOnce: one that comes
// joins, one that ends or is cancelled leaves. In a round one prompt is read
// for a slice, and each completion whose prompt is read gets a token, all of
// them in one batch: several cost little more than one.
//
// Before a completion begins and when it has ended the model's files are looked
// at. If they were overwritten, what was computed since is dropped, all states
// with it, and loading is tried until it succeeds; if others are in their
// place, these are loaded, and until they can be, the old ones serve on.
//
// When memory runs short, all that is warm goes with the model, which is loaded
// anew, and what was being completed is begun again, once. What is warm is a
// part of the memory that all share (MemoryBudget), and gives way to others.
//
// A completion stops the warming job that runs; what that did is kept, and it
// goes on afterwards, unless a newer one of its document has come. Warm states
// are saved once nothing was to be done for a while, and at the end.
//
// All calls and all callbacks are on one thread, the owner's. Callbacks that
// the owner has not run when the host ends may still be run; they touch
// nothing of the host.
class CompletionHost {
 public:
  // More wait for their turn.
  static constexpr size_t kMostAtOnce = 8;

  // Called on the host's thread.
  using Loader = std::function<base::Result<ReadyGenerator>()>;
  // Brings a call to the owner's thread.
  using PostToOwner = std::function<void(std::function<void()>)>;
  // The description, or why there is no model.
  using OnLoaded = std::function<void(const base::Result<std::string>&)>;
  // Looks at the files that the loader would load. On the host's thread.
  using Looker = std::function<engine::ModelStamp()>;

  // Loading begins at once. States are saved after `save_when_idle_for`.
  // `memory` is for all that the process keeps to be quick; null: one by what
  // it may use at all.
  CompletionHost(
      Loader loader, PostToOwner post,
      completion::Clock::duration save_when_idle_for = std::chrono::seconds(30),
      Looker look = {}, std::shared_ptr<base::MemoryBudget> memory = nullptr);
  // Stops what is running and saves what can be saved in seconds. Callbacks
  // that were not posted yet do not come.
  ~CompletionHost();
  CompletionHost(const CompletionHost&) = delete;
  CompletionHost& operator=(const CompletionHost&) = delete;

  // Brings a call to the owner's thread; from any thread.
  const PostToOwner& poster() const { return post_; }
  const std::shared_ptr<base::MemoryBudget>& memory() const { return memory_; }

  // Calls back once loading has ended; at once if it has already.
  void WhenLoaded(OnLoaded on_loaded);
  // Calls back each time that this changes later: the model's files were
  // changed, or are right again. As long as `alive` is.
  void WhenReloaded(std::weak_ptr<const void> alive, OnLoaded on_loaded);
  // Nothing while the model is being loaded.
  const std::optional<base::Result<std::string>>& loaded() const {
    return owner_->loaded;
  }
  size_t threads() const { return owner_->threads; }
  // Nothing, too, while the model is being loaded.
  const completion::ModelLanguages& model_languages() const {
    return owner_->languages;
  }
  completion::Clock::duration uptime() const {
    return completion::Clock::now() - begin_;
  }

  // Returns a number for the documents of one more session. If there is no
  // model, loading is tried again.
  uint64_t NewSession();

  // Once the job's `stop` is requested its result is an error of kind
  // kCancelled, at the latest after one token or one batch of the prompt.
  void Complete(CompletionJob job);
  // Replaces the document's warming job, waiting or running.
  void Warm(WarmingJob job);
  // The document was closed.
  void Drop(const DocumentKey& document);
  void DropSession(uint64_t session);

  // The document, which these files are, may not be read any more: drops all
  // that is warm, as any of it may have come of that, and what is saved of
  // them.
  void Forbid(const DocumentKey& document, std::vector<std::string> files);

  // Drops what is warm in memory once what runs has ended, and what is saved of
  // files in `scope`; calls back with how many these were. There may be no
  // model, and so no states.
  void Forget(completion::ForgetScope scope,
              std::function<void(size_t)> on_done);

  HostStatus status() const;
  // Of all completions; sessions add those that needed no model.
  Statistics& statistics() { return owner_->statistics; }

 private:
  // The part that callbacks on their way need. Owner's thread only.
  struct OwnerState {
    std::optional<base::Result<std::string>> loaded;
    size_t threads = 0;
    completion::ModelLanguages languages;
    std::vector<OnLoaded> waiting;
    std::vector<std::pair<std::weak_ptr<const void>, OnLoaded>> watching;
    Statistics statistics;
  };
  struct Forgetting {
    completion::ForgetScope scope;
    std::function<void(size_t)> on_done;  // may be null
    std::optional<DocumentKey> forbidden = {};
  };

  void Run();
  // Does the next thing; false: the host ends.
  bool Work(std::unique_lock<std::mutex>* lock);
  void SaveAtTheEnd();
  void Load();
  void Take(ReadyGenerator ready);
  void Publish(const base::Result<std::string>& loaded, size_t threads = 0);
  // Whether there is a model, as it was loaded. Notices if it is not, and acts.
  bool ModelIsSound();
  void TakeReplacement();
  void Unload(const base::Error& why);
  bool ShouldLoadAgain(std::unique_lock<std::mutex>* lock);
  void ForgetAll(std::unique_lock<std::mutex>* lock);
  // Memory ran short: drops all that takes it.
  void DropAll(std::unique_lock<std::mutex>* lock);
  // What was under way then is begun again, or fails.
  void TakeUpInterrupted(std::unique_lock<std::mutex>* lock);
  // Says what is held, and gives back what others need.
  void BalanceMemory();
  // Waits until there is something to do; false: the host ends.
  bool WaitForWork(std::unique_lock<std::mutex>* lock);
  void RunNext(std::unique_lock<std::mutex>* lock);
  void RunOrWarm(std::unique_lock<std::mutex>* lock);
  // Returns whether there was one to begin (or to refuse).
  bool BeginCompletions(std::unique_lock<std::mutex>* lock);
  void Begin(CompletionJob& job);
  void AdvanceCompletions();
  void AnswerEnded();
  void Answer(const CompletionJob& job,
              base::Result<completion::Completion> completion);
  void RunWarming(WarmingJob job, std::unique_lock<std::mutex>* lock);
  void BeginSaving();
  // With mutex_ held.
  void StopWarming(bool stale);

  const Loader loader_;
  const Looker look_;
  const PostToOwner post_;
  const std::shared_ptr<base::MemoryBudget> memory_;
  const completion::Clock::time_point begin_ = completion::Clock::now();
  const completion::Clock::duration save_when_idle_for_;
  const std::shared_ptr<OwnerState> owner_ = std::make_shared<OwnerState>();
  uint64_t next_session_ = 1;

  std::stop_source stopping_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  JobQueue queue_;                         // guarded by mutex_
  std::optional<RunningWarming> warming_;  // guarded by mutex_
  std::vector<Forgetting> forgettings_;    // guarded by mutex_
  bool try_again_ = false;                 // guarded by mutex_
  bool balance_ = false;                   // guarded by mutex_
  bool running_ = false;                   // guarded by mutex_
  completion::WarmStatus warm_status_;     // guarded by mutex_
  base::MemoryBudget::Account account_;    // of the host's thread

  // On the host's thread only.
  std::unique_ptr<completion::Generator> generator_;
  std::unique_ptr<completion::CompletionService> service_;
  bool load_ = true;  // the model is to be loaded, for the first time or again
  bool no_memory_to_load_ = false;
  std::optional<base::Error> load_error_;
  engine::ModelStamp tried_;   // when loading failed, or a replacement did
  engine::ModelStamp looked_;  // since
  completion::Clock::time_point look_at_;
  struct RunningJob;
  std::vector<std::unique_ptr<RunningJob>> running_jobs_;  // of the service
  std::optional<CompletionJob>
      beginning_;  // not in the queue, and not yet there
  // Were running when memory ran short.
  std::vector<std::unique_ptr<RunningJob>> interrupted_;
  bool any_ended_ = false;  // since memory was balanced
  bool unsaved_ = false;
  completion::Clock::time_point idle_since_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_COMPLETION_HOST_H_
