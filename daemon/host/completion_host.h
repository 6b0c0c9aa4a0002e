// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_COMPLETION_HOST_H_
#define KRAIT_DAEMON_HOST_COMPLETION_HOST_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator/forget_scope.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/completion/rules/language_rules.h"
#include "daemon/host/completion_task.h"
#include "daemon/host/document_key.h"
#include "daemon/host/hosted_model.h"
#include "daemon/host/model_thread.h"
#include "daemon/host/statistics.h"
#include "daemon/host/task.h"
#include "daemon/host/text_task.h"
#include "daemon/host/warm_task.h"
#include "daemon/remote/engine.h"

namespace krait::daemon {

// One loaded model, shared by the sessions of all editors: what these ask of
// its thread (ModelThread says how that works), and what they know of it.
//
// All calls and all callbacks are on one thread, the owner's. Callbacks that
// the owner has not run when the host ends may still be run; they touch
// nothing of the host.
class CompletionHost {
 public:
  static constexpr size_t kMostAtOnce = ModelThread::kMostAtOnce;

  using Loader = HostedModel::Loader;  // called on the model's thread
  using Looker = HostedModel::Looker;  // the same
  using PostToOwner = daemon::PostToOwner;
  // The description, or why there is no model.
  using OnLoaded = std::function<void(const base::Result<std::string>&)>;

  // Loading begins at once. States are saved after `save_when_idle_for`.
  // `memory` is for all that the process keeps to be quick; null: one by what
  // it may use at all. `elsewhere`: what the loader's generators ask, to tell
  // of it; null: nothing.
  CompletionHost(
      Loader loader, PostToOwner post,
      completion::Clock::duration save_when_idle_for = std::chrono::seconds(30),
      Looker look = {}, std::shared_ptr<base::MemoryBudget> memory = nullptr,
      std::shared_ptr<const remote::Engine> elsewhere = nullptr);
  // Stops what is running and saves what can be saved in seconds. Callbacks
  // that were not posted yet do not come.
  ~CompletionHost() = default;
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
  // What of the model is not as the user wants it; empty: all is.
  const std::string& model_warning() const { return owner_->warning; }
  // The engine elsewhere; null: there is none.
  const remote::Engine* elsewhere() const { return elsewhere_.get(); }
  bool chats_elsewhere() const {
    return elsewhere_ != nullptr && elsewhere_->settings().chat;
  }
  // Nothing, too, while the model is being loaded.
  const completion::ModelLanguages& model_languages() const {
    return owner_->languages;
  }
  // Null while there is no model, or if that does not say.
  std::shared_ptr<const completion::Vocabulary> vocabulary() const {
    return owner_->vocabulary.lock();
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
  // Generates text; the answer is counted with those of completions.
  void Generate(TextJob job);
  // Replaces the document's warming job, waiting or running.
  void Warm(WarmingJob job);
  // The document was closed.
  void Drop(const DocumentKey& document) { thread_.Drop(document); }
  void DropSession(uint64_t session) { thread_.DropSession(session); }

  // The document, which these files are, may not be read any more: drops all
  // that is warm, as any of it may have come of that, and what is saved of
  // them.
  void Forbid(const DocumentKey& document, std::vector<std::string> files);

  // Drops what is warm in memory once what runs has ended, and what is saved of
  // files in `scope`; calls back with how many these were. There may be no
  // model, and so no states.
  void Forget(completion::ForgetScope scope,
              std::function<void(size_t)> on_done);

  HostStatus status() const { return thread_.status(); }
  // Of all completions; sessions add those that needed no model.
  Statistics& statistics() { return owner_->statistics; }

 private:
  // The part that callbacks on their way need. Owner's thread only.
  struct OwnerState {
    std::optional<base::Result<std::string>> loaded;
    size_t threads = 0;
    std::string warning;
    completion::ModelLanguages languages;
    std::weak_ptr<const completion::Vocabulary> vocabulary;
    std::vector<OnLoaded> waiting;
    std::vector<std::pair<std::weak_ptr<const void>, OnLoaded>> watching;
    Statistics statistics;

    void Hear(const ModelNews& news);
  };

  const PostToOwner post_;
  const std::shared_ptr<base::MemoryBudget> memory_;
  const std::shared_ptr<const remote::Engine> elsewhere_;
  const completion::Clock::time_point begin_ = completion::Clock::now();
  const std::shared_ptr<OwnerState> owner_ = std::make_shared<OwnerState>();
  uint64_t next_session_ = 1;
  ModelThread thread_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_COMPLETION_HOST_H_
