// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/completion_host.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/log.h"

namespace krait::daemon {

using engine::ErrorCode;
using engine::MakeError;

CompletionHost::CompletionHost(Loader loader, PostToOwner post,
                               Clock::duration save_when_idle_for)
    : post_(std::move(post)), save_when_idle_for_(save_when_idle_for) {
  thread_ = std::thread([this, loader = std::move(loader)] { Run(loader); });
}

CompletionHost::~CompletionHost() {
  {
    const std::lock_guard lock(mutex_);
    stopping_.request_stop();
    StopWarming(/*stale=*/true);
  }
  changed_.notify_one();
  thread_.join();
}

// The owner's side
// -------------------------------------------------------------

void CompletionHost::WhenLoaded(OnLoaded on_loaded) {
  if (owner_->loaded) return on_loaded(*owner_->loaded);
  owner_->waiting.push_back(std::move(on_loaded));
}

void CompletionHost::Complete(CompletionJob job) {
  {
    const std::lock_guard lock(mutex_);
    queue_.Add(std::move(job));
    StopWarming(/*stale=*/false);
  }
  changed_.notify_one();
}

void CompletionHost::Warm(WarmingJob job) {
  {
    const std::lock_guard lock(mutex_);
    // The newer job goes on from what the older has done.
    if (warming_ && warming_->document == job.document) {
      StopWarming(/*stale=*/true);
    }
    queue_.Add(std::move(job));
  }
  changed_.notify_one();
}

void CompletionHost::Drop(const DocumentKey& document) {
  const std::lock_guard lock(mutex_);
  queue_.Drop(document);
  if (warming_ && warming_->document == document) StopWarming(/*stale=*/true);
}

void CompletionHost::DropSession(uint64_t session) {
  const std::lock_guard lock(mutex_);
  queue_.DropSession(session);
  if (warming_ && warming_->document.session == session) {
    StopWarming(/*stale=*/true);
  }
}

HostStatus CompletionHost::status() const {
  const std::lock_guard lock(mutex_);
  return {.waiting_completions = queue_.num_completions(),
          .waiting_warmings = queue_.num_warmings(),
          .running = running_,
          .warm = warm_status_};
}

void CompletionHost::StopWarming(bool stale) {
  if (!warming_) return;
  warming_->stale |= stale;
  warming_->stop.request_stop();
}

// The host's thread
// ------------------------------------------------------------

void CompletionHost::Run(const Loader& loader) {
  Load(loader);
  std::unique_lock lock(mutex_);
  while (WaitForWork(&lock)) RunNext(&lock);
  lock.unlock();
  Save();
  // Here, as threads of a model belong to the one that loaded it.
  service_.reset();
  generator_.reset();
}

void CompletionHost::Load(const Loader& loader) {
  auto ready = loader();
  engine::Result<std::string> loaded = std::string();
  size_t threads = 0;
  if (ready) {
    generator_ = std::move(ready->generator);
    service_ = std::make_unique<CompletionService>(*generator_);
    loaded = std::move(ready->description);
    threads = ready->threads;
    const std::lock_guard lock(mutex_);
    warm_status_ = generator_->warm_status();
  } else {
    load_error_ = ready.error();
    loaded = ready.error();
  }
  post_([owner = owner_, loaded = std::move(loaded), threads] {
    owner->loaded = loaded;
    owner->threads = threads;
    for (const OnLoaded& waiting : std::exchange(owner->waiting, {})) {
      waiting(loaded);
    }
  });
}

bool CompletionHost::WaitForWork(std::unique_lock<std::mutex>* lock) {
  while (!stopping_.stop_requested()) {
    const auto now = Clock::now();
    std::optional<Clock::time_point> next = queue_.ReadyAt();
    if (unsaved_) {
      const auto save_at = idle_since_ + save_when_idle_for_;
      if (!next || save_at < *next) next = save_at;
    }
    if (next && *next <= now) return true;
    if (next) {
      changed_.wait_until(*lock, *next);
    } else {
      changed_.wait(*lock);
    }
  }
  return false;
}

void CompletionHost::RunNext(std::unique_lock<std::mutex>* lock) {
  running_ = true;
  if (const auto completion = queue_.NextCompletion(Clock::now())) {
    lock->unlock();
    RunCompletion(*completion);
    lock->lock();
  } else if (auto warming = queue_.NextWarming()) {
    RunWarming(std::move(*warming), lock);
  } else {
    lock->unlock();
    Save();
    lock->lock();
  }
  if (generator_ != nullptr) warm_status_ = generator_->warm_status();
  running_ = false;
  idle_since_ = Clock::now();
}

void CompletionHost::RunCompletion(const CompletionJob& job) {
  const auto begin = Clock::now();
  auto completion = Compute(job);
  if (completion) completion->trace.queue = begin - job.queued;
  const Clock::duration whole = Clock::now() - job.queued;
  post_([owner = owner_, on_done = job.on_done,
         completion = std::move(completion), whole] {
    if (completion) owner->statistics.Add(completion->trace, whole);
    on_done(completion);
  });
}

engine::Result<Completion> CompletionHost::Compute(const CompletionJob& job) {
  if (job.stop.stop_requested()) {
    return MakeError(ErrorCode::kCancelled, "the request was cancelled");
  }
  if (load_error_) return *load_error_;
  unsaved_ = true;
  // Either the request or the whole host may be stopped.
  std::stop_source either;
  const auto forward = [&either] { either.request_stop(); };
  const std::stop_callback on_request(job.stop, forward);
  const std::stop_callback on_host(stopping_.get_token(), forward);
  return service_->Complete(job.request, job.options, either.get_token());
}

void CompletionHost::RunWarming(WarmingJob job,
                                std::unique_lock<std::mutex>* lock) {
  if (generator_ == nullptr) return;
  unsaved_ = true;
  warming_.emplace().document = job.document;
  const std::stop_token stop = warming_->stop.get_token();
  lock->unlock();
  const engine::Status warmed = service_->Warm(job.request, job.options, stop);
  lock->lock();
  const bool stale = warming_->stale;
  warming_.reset();
  if (warmed) return;
  if (warmed.error().code != ErrorCode::kCancelled) {
    WriteLog(LogLevel::kWarning, fmt::format("warming {}: {}", job.document.uri,
                                             warmed.error().message));
  } else if (!stale) {
    queue_.Return(std::move(job));
  }
}

void CompletionHost::Save() {
  if (!unsaved_ || generator_ == nullptr) return;
  unsaved_ = false;
  if (const auto saved = generator_->SaveWarmStates(); !saved) {
    WriteLog(LogLevel::kWarning,
             fmt::format("saving warm states: {}", saved.error().message));
  }
}

}  // namespace krait::daemon
