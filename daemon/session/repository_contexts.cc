// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/repository_contexts.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "daemon/log.h"
#include "daemon/repository/context_finder.h"
#include "daemon/repository/index_follower.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository_encoder.h"
#include "daemon/session/thread_reaper.h"

namespace krait::daemon {
namespace {

using Clock = std::chrono::steady_clock;

// Followed at once.
constexpr size_t kMostRepositories = 4;
constexpr std::chrono::milliseconds kProgressEvery{250};

}  // namespace

// What the thread needs, which may outlive the session.
struct RepositoryContexts::Shared {
  using OnFound = std::function<void(const std::string& uri,
                                     completion::RepositoryContextPtr)>;
  struct Waiting {
    ContextWish wish;
    Clock::time_point not_before;
  };
  struct Repository {
    std::string root;
    completion::FileRules rules;
    // Whether its index was brought up to date once.
    std::shared_ptr<std::atomic<bool>> ready =
        std::make_shared<std::atomic<bool>>(false);
    std::unique_ptr<repository::IndexFollower> follower = {};
    std::optional<repository::ContextFinder> finder = {};  // the thread's own
  };

  std::filesystem::path state_home;
  std::shared_ptr<LazyEncoder> encoder;
  OnFound on_found;
  std::function<void(size_t, size_t)> on_progress;
  std::function<bool()> may_index;
  std::stop_source stop;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::map<std::string, Waiting> waiting;               // guarded by mutex
  std::list<std::shared_ptr<Repository>> repositories;  // guarded by mutex
  const std::shared_ptr<std::atomic<bool>> ended =
      std::make_shared<std::atomic<bool>>(false);

  void Run();
  std::optional<ContextWish> Next();
  std::shared_ptr<Repository> RepositoryFor(const ContextWish& wish);
  std::shared_ptr<Repository> Follow(const ContextWish& wish);
  bool IsReady(const ContextWish& wish);
  void Meet(const ContextWish& wish);
};

// Those whose repository is followed, but not indexed yet, wait for that.
std::optional<ContextWish> RepositoryContexts::Shared::Next() {
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    auto wake_at = Clock::time_point::max();
    for (auto at = waiting.begin(); at != waiting.end(); ++at) {
      if (!IsReady(at->second.wish)) continue;
      if (at->second.not_before <= Clock::now()) {
        ContextWish wish = std::move(at->second.wish);
        waiting.erase(at);
        return wish;
      }
      wake_at = std::min(wake_at, at->second.not_before);
    }
    if (wake_at == Clock::time_point::max()) {
      changed.wait(lock);
    } else {
      changed.wait_until(lock, wake_at);
    }
  }
  return std::nullopt;
}

// One that nobody follows yet is ready to be begun with. Under the lock.
bool RepositoryContexts::Shared::IsReady(const ContextWish& wish) {
  const auto found =
      std::ranges::find_if(repositories, [&wish](const auto& repository) {
        return repository->root == wish.root && repository->rules == wish.rules;
      });
  return found == repositories.end() || *(*found)->ready;
}

std::shared_ptr<RepositoryContexts::Shared::Repository>
RepositoryContexts::Shared::RepositoryFor(const ContextWish& wish) {
  std::vector<std::shared_ptr<Repository>> gone;  // ended without the lock
  const std::lock_guard lock(mutex);
  for (auto at = repositories.begin(); at != repositories.end(); ++at) {
    if ((*at)->root != wish.root) continue;
    if ((*at)->rules == wish.rules) {
      repositories.splice(repositories.begin(), repositories, at);
      return repositories.front();
    }
    gone.push_back(*at);
    repositories.erase(at);
    break;
  }
  if (repositories.size() == kMostRepositories) {
    gone.push_back(repositories.back());
    repositories.pop_back();
  }
  repositories.push_front(Follow(wish));
  return repositories.front();
}

std::shared_ptr<RepositoryContexts::Shared::Repository>
RepositoryContexts::Shared::Follow(const ContextWish& wish) {
  auto followed = std::make_shared<Repository>(
      Repository{.root = wish.root, .rules = wish.rules});
  // On the follower's thread, which ends before `this` does.
  const auto on_update =
      [this, ready = followed->ready](
          const base::Result<repository::IndexReport>& report) {
        if (!report) {
          WriteLog(LogLevel::kWarning,
                   fmt::format("index: {}", report.error().message));
          return;
        }
        if (*ready) return;
        *ready = true;
        const std::lock_guard lock(mutex);
        changed.notify_all();
      };
  const auto said = std::make_shared<Clock::time_point>();
  followed->follower =
      std::make_unique<repository::IndexFollower>(repository::FollowOptions{
          .index = repository::IndexFile(state_home, wish.root),
          .root = wish.root,
          .choice = repository::FileChoice(wish.rules),
          .encoder = [encoder = encoder] { return encoder->Get(); },
          .may_work = may_index,
          .on_update = on_update,
          .on_progress =
              [report = on_progress, said](size_t done, size_t total) {
                const auto now = Clock::now();
                if (done < total && now - *said < kProgressEvery) return;
                *said = now;
                report(done, total);
              }});
  return followed;
}

void RepositoryContexts::Shared::Meet(const ContextWish& wish) {
  const auto repository = RepositoryFor(wish);
  {
    const std::lock_guard lock(mutex);
    if (!*repository->ready) {
      waiting.try_emplace(wish.uri, Waiting{wish, {}});
      return;
    }
  }
  if (!repository->finder) {
    auto finder = repository::ContextFinder::Open(
        repository::IndexFile(state_home, wish.root), wish.root,
        repository::FileChoice(wish.rules));
    // The index may be gone again: the follower makes another.
    if (!finder) return;
    repository->finder.emplace(std::move(*finder));
  }
  auto found = repository->finder->Find({.path = wish.path,
                                         .language = wish.language,
                                         .before = wish.before,
                                         .after = wish.after,
                                         .edited = wish.edited,
                                         .most_bytes = wish.most_bytes});
  if (!found) {
    repository->finder.reset();
    return;
  }
  on_found(wish.uri, std::make_shared<const completion::RepositoryContext>(
                         std::move(*found)));
}

void RepositoryContexts::Shared::Run() {
  while (const auto wish = Next()) Meet(*wish);
  // The followers end without the lock, which their callbacks take.
  std::list<std::shared_ptr<Repository>> gone;
  const std::lock_guard lock(mutex);
  gone.swap(repositories);
}

RepositoryContexts::RepositoryContexts(std::filesystem::path state_home,
                                       std::shared_ptr<LazyEncoder> encoder,
                                       FileLookup::PostToOwner post,
                                       Callbacks callbacks)
    : state_home_(std::move(state_home)),
      encoder_(std::move(encoder)),
      post_(std::move(post)),
      callbacks_(std::move(callbacks)),
      self_(std::make_shared<RepositoryContexts*>(this)) {}

RepositoryContexts::~RepositoryContexts() {
  if (shared_ == nullptr) return;
  shared_->stop.request_stop();
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->changed.notify_all();
  }
  // One that reads ends with the next file, which may be on a slow disk.
  JoinLater(std::move(thread_), shared_->ended);
}

void RepositoryContexts::Ask(ContextWish wish) {
  if (state_home_.empty()) return;
  if (shared_ == nullptr) {
    shared_ = std::make_shared<Shared>();
    shared_->state_home = state_home_;
    shared_->encoder = encoder_;
    shared_->may_index = callbacks_.may_index;
    const auto weak = std::weak_ptr(self_);
    shared_->on_found = [post = post_, weak](
                            const std::string& uri,
                            completion::RepositoryContextPtr context) {
      post([weak, uri, context = std::move(context)] {
        if (const auto self = weak.lock()) (*self)->Found(uri, context);
      });
    };
    shared_->on_progress = [post = post_, weak](size_t done, size_t total) {
      post([weak, done, total] {
        const auto self = weak.lock();
        if (self != nullptr) (*self)->callbacks_.on_progress(done, total);
      });
    };
    thread_ = StartForReaping(shared_, shared_->ended);
  }
  const std::lock_guard lock(shared_->mutex);
  std::string uri = wish.uri;
  shared_->waiting.insert_or_assign(
      std::move(uri), Shared::Waiting{std::move(wish), Clock::now() + kRest});
  shared_->changed.notify_all();
}

void RepositoryContexts::Found(const std::string& uri,
                               completion::RepositoryContextPtr context) {
  auto& known = found_[uri];
  const bool same =
      known != nullptr && known->fingerprint() == context->fingerprint();
  known = std::move(context);
  if (!same) callbacks_.on_found(uri);
}

completion::RepositoryContextPtr RepositoryContexts::Of(
    const std::string& uri) const {
  const auto found = found_.find(uri);
  return found == found_.end() ? nullptr : found->second;
}

void RepositoryContexts::Close(const std::string& uri) {
  found_.erase(uri);
  if (shared_ == nullptr) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.erase(uri);
}

void RepositoryContexts::FilesChanged(const std::vector<std::string>& files) {
  if (shared_ == nullptr) return;
  const std::lock_guard lock(shared_->mutex);
  for (const auto& repository : shared_->repositories) {
    const std::string folder = repository->root + "/";
    std::vector<std::string> below;
    for (const std::string& file : files) {
      if (file.starts_with(folder)) below.push_back(file.substr(folder.size()));
    }
    if (!below.empty()) repository->follower->Changed(below);
  }
}

std::vector<std::string> RepositoryContexts::Forget() {
  std::vector<std::string> documents;
  for (const auto& [uri, context] : found_) documents.push_back(uri);
  found_.clear();
  if (shared_ != nullptr) {
    const std::lock_guard lock(shared_->mutex);
    shared_->waiting.clear();
  }
  return documents;
}

}  // namespace krait::daemon
