// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/completion_host.h"

#include <utility>

#include "daemon/memory_limit.h"

namespace krait::daemon {

CompletionHost::CompletionHost(Loader loader, PostToOwner post,
                               completion::Clock::duration save_when_idle_for,
                               Looker look,
                               std::shared_ptr<base::MemoryBudget> memory,
                               std::shared_ptr<const remote::Engine> elsewhere)
    : post_(std::move(post)),
      memory_(memory != nullptr ? std::move(memory)
                                : ProcessMemoryBudget(DefaultStateBytes())),
      elsewhere_(std::move(elsewhere)),
      thread_({.loader = std::move(loader),
               .look = std::move(look),
               .on_news =
                   [post = post_, owner = owner_](const ModelNews& news) {
                     post([owner, news] { owner->Hear(news); });
                   },
               .save_when_idle_for = save_when_idle_for,
               .memory = memory_}) {}

void CompletionHost::OwnerState::Hear(const ModelNews& news) {
  const bool again = loaded.has_value();
  loaded = news.loaded;
  languages = news.languages;
  vocabulary = news.vocabulary;
  threads = news.threads;
  warning = news.warning;
  for (const OnLoaded& on_loaded : std::exchange(waiting, {})) {
    on_loaded(news.loaded);
  }
  if (!again) return;
  // They may bring others.
  const auto now_watching = watching;
  for (const auto& [alive, on_loaded] : now_watching) {
    if (!alive.expired()) on_loaded(news.loaded);
  }
}

void CompletionHost::WhenLoaded(OnLoaded on_loaded) {
  if (owner_->loaded) return on_loaded(*owner_->loaded);
  owner_->waiting.push_back(std::move(on_loaded));
}

void CompletionHost::WhenReloaded(std::weak_ptr<const void> alive,
                                  OnLoaded on_loaded) {
  std::erase_if(owner_->watching,
                [](const auto& watch) { return watch.first.expired(); });
  owner_->watching.emplace_back(std::move(alive), std::move(on_loaded));
}

uint64_t CompletionHost::NewSession() {
  if (owner_->loaded && !*owner_->loaded) thread_.TryToLoad();
  return next_session_++;
}

void CompletionHost::Complete(CompletionJob job) {
  job.on_done = [owner = owner_, queued = job.queued,
                 on_done = std::move(job.on_done)](const auto& completion) {
    if (completion) {
      owner->statistics.Add(completion->trace,
                            completion::Clock::now() - queued);
    }
    on_done(completion);
  };
  thread_.Add(std::make_unique<CompletionTask>(std::move(job), post_));
}

void CompletionHost::Generate(TextJob job) {
  job.on_done = [owner = owner_, queued = job.queued,
                 on_done = std::move(job.on_done)](const auto& answer) {
    if (answer) {
      owner->statistics.Add(answer->trace, completion::Clock::now() - queued);
    }
    on_done(answer);
  };
  thread_.Add(std::make_unique<TextTask>(std::move(job), post_));
}

void CompletionHost::Warm(WarmingJob job) {
  thread_.Add(std::make_unique<WarmTask>(std::move(job)));
}

void CompletionHost::Forget(completion::ForgetScope scope,
                            std::function<void(size_t)> on_done) {
  thread_.Forget(
      {.scope = std::move(scope),
       .on_done = [post = post_, on_done = std::move(on_done)](size_t count) {
         post([on_done, count] { on_done(count); });
       }});
}

void CompletionHost::Forbid(const DocumentKey& document,
                            std::vector<std::string> files) {
  thread_.Forget({.scope = {.paths = std::move(files)},
                  .on_done = [](size_t) {},
                  .forbidden = document});
}

}  // namespace krait::daemon
