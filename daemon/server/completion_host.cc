// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/completion_host.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <new>
#include <utility>

#include "daemon/completion/running_completion.h"
#include "daemon/log.h"

namespace krait::daemon {

using engine::ErrorCode;
using engine::MakeError;

namespace {

engine::Error OutOfMemory() {
  return MakeError(ErrorCode::kIo, "not enough memory for a completion");
}

engine::Result<ReadyGenerator> LoadWithin(
    const CompletionHost::Loader& loader) {
  try {
    return loader();
  } catch (const std::bad_alloc&) {
    return MakeError(ErrorCode::kIo, "not enough memory for the model");
  }
}

}  // namespace

struct CompletionHost::RunningJob {
  RunningJob(CompletionJob its_job, const std::stop_token& host)
      : job(std::move(its_job)),
        on_request(job.stop, Forward{&either}),
        on_host(host, Forward{&either}) {}

  struct Forward {
    std::stop_source* to;
    void operator()() const { to->request_stop(); }
  };

  const CompletionJob job;
  const Clock::time_point begin = Clock::now();
  // Stopped when the request is, or the whole host.
  std::stop_source either;
  const std::stop_callback<Forward> on_request;
  const std::stop_callback<Forward> on_host;
  std::unique_ptr<RunningCompletion> completion;  // uses the job
  bool answered = false;
};

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
  for (bool more = true; more;) {
    try {
      more = WaitForWork(&lock);
      if (more) RunNext(&lock);
    } catch (const std::bad_alloc&) {
      if (!lock.owns_lock()) lock.lock();
      warming_.reset();
      lock.unlock();
      // What was under way may be half done: all that is warm goes, and with it
      // what took the memory.
      for (const auto& running : running_jobs_) {
        if (!running->answered) Answer(running->job, OutOfMemory());
      }
      running_jobs_.clear();
      service_.reset();
      generator_.reset();
      malloc_trim(0);
      WriteLog(LogLevel::kError, "out of memory: warm states were dropped");
      Load(loader);
      lock.lock();
    }
  }
  lock.unlock();
  running_jobs_.clear();
  try {
    Save();
  } catch (const std::bad_alloc&) {
    WriteLog(LogLevel::kError, "not enough memory to save warm states");
  }
  // Here, as threads of a model belong to the one that loaded it.
  service_.reset();
  generator_.reset();
}

void CompletionHost::Load(const Loader& loader) {
  auto ready = LoadWithin(loader);
  engine::Result<std::string> loaded = std::string();
  size_t threads = 0;
  ModelLanguages languages;
  if (ready) {
    generator_ = std::move(ready->generator);
    languages = generator_->hints().languages;
    service_ = std::make_unique<CompletionService>(*generator_);
    loaded = std::move(ready->description);
    threads = ready->threads;
    const std::lock_guard lock(mutex_);
    warm_status_ = generator_->warm_status();
  } else {
    load_error_ = ready.error();
    loaded = ready.error();
  }
  post_([owner = owner_, loaded = std::move(loaded), threads,
         languages = std::move(languages)] {
    owner->loaded = loaded;
    owner->languages = languages;
    owner->threads = threads;
    for (const OnLoaded& waiting : std::exchange(owner->waiting, {})) {
      waiting(loaded);
    }
  });
}

bool CompletionHost::WaitForWork(std::unique_lock<std::mutex>* lock) {
  while (!stopping_.stop_requested()) {
    if (!running_jobs_.empty()) return true;
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
  if (BeginCompletions(lock) || !running_jobs_.empty()) {
    lock->unlock();
    AdvanceCompletions();
    lock->lock();
  } else if (auto warming = queue_.NextWarming(Clock::now())) {
    RunWarming(std::move(*warming), lock);
  } else {
    lock->unlock();
    Save();
    lock->lock();
  }
  running_ = !running_jobs_.empty();
  if (!running_ && generator_ != nullptr) {
    warm_status_ = generator_->warm_status();
  }
  idle_since_ = Clock::now();
}

bool CompletionHost::BeginCompletions(std::unique_lock<std::mutex>* lock) {
  bool any = false;
  while (running_jobs_.size() < kMostAtOnce) {
    auto job = queue_.NextCompletion(Clock::now());
    if (!job) break;
    any = true;
    lock->unlock();
    Begin(std::move(*job));
    lock->lock();
  }
  return any;
}

void CompletionHost::Begin(CompletionJob job) {
  if (job.stop.stop_requested()) {
    return Answer(
        job, MakeError(ErrorCode::kCancelled, "the request was cancelled"));
  }
  if (load_error_) return Answer(job, *load_error_);
  unsaved_ = true;
  // One that this one replaces leaves first: it may be gone on with.
  for (const auto& running : running_jobs_) running->completion->StopIfAsked();
  AnswerEnded();
  auto running =
      std::make_unique<RunningJob>(std::move(job), stopping_.get_token());
  try {
    running->completion =
        service_->Begin(running->job.request, running->job.options,
                        running->either.get_token());
  } catch (const std::bad_alloc&) {
    Answer(running->job, OutOfMemory());
    throw;
  }
  running_jobs_.push_back(std::move(running));
}

void CompletionHost::AdvanceCompletions() {
  if (running_jobs_.empty()) return;
  std::vector<RunningCompletion*> completions;
  for (const auto& running : running_jobs_) {
    completions.push_back(running->completion.get());
  }
  service_->Advance(completions);
  AnswerEnded();
}

void CompletionHost::AnswerEnded() {
  const auto ended = [](const auto& running) {
    return running->completion->ended();
  };
  if (std::ranges::none_of(running_jobs_, ended)) return;
  for (const auto& running : running_jobs_) {
    if (!ended(running)) continue;
    auto completion = running->completion->Finish();
    if (completion) {
      completion->trace.queue = running->begin - running->job.queued;
    }
    Answer(running->job, std::move(completion));
    running->answered = true;
  }
  std::erase_if(running_jobs_, ended);
}

void CompletionHost::Answer(const CompletionJob& job,
                            engine::Result<Completion> completion) {
  const Clock::duration whole = Clock::now() - job.queued;
  post_([owner = owner_, on_done = job.on_done,
         completion = std::move(completion), whole] {
    if (completion) owner->statistics.Add(completion->trace, whole);
    on_done(completion);
  });
}

void CompletionHost::RunWarming(WarmingJob job,
                                std::unique_lock<std::mutex>* lock) {
  if (generator_ == nullptr) return;
  unsaved_ = true;
  warming_.emplace().document = job.document;
  const std::stop_token stop = warming_->stop.get_token();
  lock->unlock();
  // If not yet, the job comes back for it: it costs nothing to warm twice.
  const bool prefetch_now = job.prefetch_at && *job.prefetch_at <= Clock::now();
  engine::Status warmed = service_->Warm(job.request, job.options, stop);
  if (warmed && prefetch_now) {
    warmed = service_->Prefetch(job.request, job.options, stop);
  }
  lock->lock();
  const bool stale = warming_->stale;
  warming_.reset();
  if (warmed) {
    if (job.prefetch_at && !prefetch_now && !stale) {
      job.not_before = *job.prefetch_at;
      queue_.Return(std::move(job));
    }
    return;
  }
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
