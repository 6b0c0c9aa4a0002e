// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/completion_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "daemon/completion/running_completion.h"
#include "daemon/host/running_job.h"
#include "daemon/log.h"
#include "daemon/memory_limit.h"

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {

// While there is no model, or another is in its place.
constexpr auto kLookEvery = std::chrono::seconds(1);
// While there is not enough memory for it.
constexpr auto kLoadEvery = std::chrono::seconds(5);
// As long as whoever waits for the daemon's end has patience.
constexpr auto kSaveAtTheEnd = std::chrono::milliseconds(2500);

// `no_memory` says whether that is why it failed.
base::Result<ReadyGenerator> LoadWithin(const CompletionHost::Loader& loader,
                                        bool* no_memory) {
  *no_memory = false;
  try {
    return loader();
  } catch (const std::bad_alloc&) {
    *no_memory = true;
    return MakeError(ErrorCode::kIo, "not enough memory for the model");
  } catch (const std::system_error& error) {
    *no_memory = true;
    return MakeError(ErrorCode::kIo,
                     fmt::format("no threads for the model: {}", error.what()));
  }
}

}  // namespace

CompletionHost::CompletionHost(Loader loader, PostToOwner post,
                               completion::Clock::duration save_when_idle_for,
                               Looker look,
                               std::shared_ptr<base::MemoryBudget> memory)
    : loader_(std::move(loader)),
      look_(std::move(look)),
      post_(std::move(post)),
      memory_(memory != nullptr ? std::move(memory)
                                : ProcessMemoryBudget(DefaultStateBytes())),
      save_when_idle_for_(save_when_idle_for),
      account_(memory_, [this] {
        const std::lock_guard lock(mutex_);
        balance_ = true;
        changed_.notify_one();
      }) {
  // So that taking up a job never needs memory once it has begun.
  running_jobs_.reserve(kMostAtOnce);
  interrupted_.reserve(kMostAtOnce);
  thread_ = std::thread([this] { Run(); });
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

void CompletionHost::WhenReloaded(std::weak_ptr<const void> alive,
                                  OnLoaded on_loaded) {
  std::erase_if(owner_->watching,
                [](const auto& watch) { return watch.first.expired(); });
  owner_->watching.emplace_back(std::move(alive), std::move(on_loaded));
}

uint64_t CompletionHost::NewSession() {
  if (owner_->loaded && !*owner_->loaded) {
    const std::lock_guard lock(mutex_);
    try_again_ = true;
    changed_.notify_one();
  }
  return next_session_++;
}

void CompletionHost::Forget(completion::ForgetScope scope,
                            std::function<void(size_t)> on_done) {
  const std::lock_guard lock(mutex_);
  StopWarming(/*stale=*/false);
  forgettings_.push_back(
      {.scope = std::move(scope), .on_done = std::move(on_done)});
  changed_.notify_one();
}

void CompletionHost::Forbid(const DocumentKey& document,
                            std::vector<std::string> files) {
  const std::lock_guard lock(mutex_);
  StopWarming(/*stale=*/warming_ && warming_->document == document);
  forgettings_.push_back({.scope = {.paths = std::move(files)},
                          .on_done = nullptr,
                          .forbidden = document});
  changed_.notify_one();
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

void CompletionHost::Run() {
  std::unique_lock lock(mutex_);
  for (bool more = true; more;) {
    try {
      more = Work(&lock);
    } catch (const std::bad_alloc&) {
      DropAll(&lock);
    } catch (const std::system_error&) {  // no thread could be made
      DropAll(&lock);
    }
  }
  lock.unlock();
  beginning_.reset();
  interrupted_.clear();
  running_jobs_.clear();
  SaveAtTheEnd();
  // Here, as threads of a model belong to the one that loaded it.
  service_.reset();
  generator_.reset();
}

bool CompletionHost::Work(std::unique_lock<std::mutex>* lock) {
  if (stopping_.stop_requested()) return false;
  if (std::exchange(load_, false)) {
    lock->unlock();
    Load();
    lock->lock();
  }
  TakeUpInterrupted(lock);
  if (!WaitForWork(lock)) return false;
  RunNext(lock);
  return true;
}

void CompletionHost::SaveAtTheEnd() try {
  BeginSaving();
  if (generator_ == nullptr) return;
  if (const auto saved = generator_->FinishSaving(kSaveAtTheEnd); !saved) {
    WriteLog(LogLevel::kWarning,
             fmt::format("saving warm states: {}", saved.error().message));
  }
} catch (const std::bad_alloc&) {
  WriteLog(LogLevel::kError, "not enough memory to save warm states");
}

void CompletionHost::Load() {
  const bool again = load_error_.has_value();
  tried_ = looked_ = look_ ? look_() : engine::ModelStamp();
  auto ready = LoadWithin(loader_, &no_memory_to_load_);
  look_at_ =
      completion::Clock::now() + (no_memory_to_load_ ? kLoadEvery : kLookEvery);
  if (ready) return Take(std::move(*ready));
  // The same words again would only be in the way.
  const bool said = again && load_error_->message == ready.error().message;
  load_error_ = ready.error();
  if (!said) Publish(*load_error_);
}

void CompletionHost::Take(ReadyGenerator ready) {
  service_.reset();
  generator_ = std::move(ready.generator);
  service_ = std::make_unique<completion::CompletionService>(*generator_);
  load_error_.reset();
  {
    const std::lock_guard lock(mutex_);
    warm_status_ = generator_->warm_status();
  }
  Publish(std::move(ready.description), ready.threads);
}

void CompletionHost::Publish(const base::Result<std::string>& loaded,
                             size_t threads) {
  completion::ModelLanguages languages;
  if (generator_ != nullptr) languages = generator_->hints().languages;
  post_([owner = owner_, loaded, threads, languages = std::move(languages)] {
    const bool again = owner->loaded.has_value();
    owner->loaded = loaded;
    owner->languages = languages;
    owner->threads = threads;
    for (const OnLoaded& waiting : std::exchange(owner->waiting, {})) {
      waiting(loaded);
    }
    if (!again) return;
    // They may bring others.
    const auto watching = owner->watching;
    for (const auto& [alive, on_loaded] : watching) {
      if (!alive.expired()) on_loaded(loaded);
    }
  });
}

bool CompletionHost::WaitForWork(std::unique_lock<std::mutex>* lock) {
  while (!stopping_.stop_requested()) {
    if (!running_jobs_.empty() || !forgettings_.empty() || try_again_ ||
        balance_) {
      return true;
    }
    const auto now = completion::Clock::now();
    std::optional<completion::Clock::time_point> next = queue_.ReadyAt();
    const auto consider = [&next](completion::Clock::time_point time) {
      if (!next || time < *next) next = time;
    };
    if (unsaved_) consider(idle_since_ + save_when_idle_for_);
    if (load_error_ && (look_ || no_memory_to_load_)) consider(look_at_);
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
  RunOrWarm(lock);
  running_ = !running_jobs_.empty();
  if (std::exchange(balance_, false) || !running_ ||
      std::exchange(any_ended_, false)) {
    lock->unlock();
    BalanceMemory();
    lock->lock();
  }
  if (!running_) {
    warm_status_ = generator_ == nullptr ? completion::WarmStatus{}
                                         : generator_->warm_status();
  }
  idle_since_ = completion::Clock::now();
}

void CompletionHost::RunOrWarm(std::unique_lock<std::mutex>* lock) {
  if (!forgettings_.empty() && running_jobs_.empty()) ForgetAll(lock);
  if (ShouldLoadAgain(lock)) {
    lock->unlock();
    Load();
    lock->lock();
    return;
  }
  // What runs would bring back what is to be forgotten: nothing new begins.
  if (!running_jobs_.empty() && !forgettings_.empty()) {
    lock->unlock();
    AdvanceCompletions();
    lock->lock();
  } else if (BeginCompletions(lock) || !running_jobs_.empty()) {
    lock->unlock();
    AdvanceCompletions();
    lock->lock();
  } else if (auto warming = queue_.NextWarming(completion::Clock::now())) {
    RunWarming(std::move(*warming), lock);
  } else if (completion::Clock::now() >= idle_since_ + save_when_idle_for_) {
    lock->unlock();
    BeginSaving();
    lock->lock();
  }
}

bool CompletionHost::BeginCompletions(std::unique_lock<std::mutex>* lock) {
  bool any = false;
  while (running_jobs_.size() < kMostAtOnce) {
    auto job = queue_.NextCompletion(completion::Clock::now());
    if (!job) break;
    any = true;
    beginning_ = std::move(job);
    lock->unlock();
    Begin(*beginning_);
    beginning_.reset();  // if it was not taken
    lock->lock();
  }
  return any;
}

void CompletionHost::Begin(CompletionJob& job) {
  if (job.stop.stop_requested()) {
    return Answer(
        job, MakeError(ErrorCode::kCancelled, "the request was cancelled"));
  }
  if (!ModelIsSound()) return Answer(job, *load_error_);
  unsaved_ = true;
  // One that this one replaces leaves first: it may be gone on with.
  for (const auto& running : running_jobs_) running->completion->StopIfAsked();
  AnswerEnded();
  if (service_ == nullptr) return Answer(job, *load_error_);
  auto running =
      std::make_unique<RunningJob>(std::move(job), stopping_.get_token());
  beginning_.reset();
  try {
    running->completion =
        service_->Begin(running->job.request, running->job.options,
                        running->either.get_token());
  } catch (const std::bad_alloc&) {
    running_jobs_.push_back(std::move(running));  // to be begun again
    throw;
  }
  running_jobs_.push_back(std::move(running));
}

void CompletionHost::AdvanceCompletions() {
  if (running_jobs_.empty()) return;
  std::vector<completion::RunningCompletion*> completions;
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
  // What it has said may be of two models.
  if (!ModelIsSound()) return;
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
  any_ended_ = true;
}

void CompletionHost::Answer(const CompletionJob& job,
                            base::Result<completion::Completion> completion) {
  const completion::Clock::duration whole =
      completion::Clock::now() - job.queued;
  post_([owner = owner_, on_done = job.on_done,
         completion = std::move(completion), whole] {
    if (completion) owner->statistics.Add(completion->trace, whole);
    on_done(completion);
  });
}

void CompletionHost::RunWarming(WarmingJob job,
                                std::unique_lock<std::mutex>* lock) {
  warming_.emplace().document = job.document;
  const std::stop_token stop = warming_->stop.get_token();
  lock->unlock();
  if (!ModelIsSound()) {
    lock->lock();
    warming_.reset();
    return;
  }
  unsaved_ = true;
  // If not yet, the job comes back for it: it costs nothing to warm twice.
  const bool prefetch_now =
      job.prefetch_at && *job.prefetch_at <= completion::Clock::now();
  base::Status warmed = service_->Warm(job.request, job.options, stop);
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

void CompletionHost::BeginSaving() {
  if (!std::exchange(unsaved_, false) || generator_ == nullptr) return;
  generator_->SaveWarmStates();
}

// The model's files
// ------------------------------------------------------------

bool CompletionHost::ModelIsSound() {
  if (generator_ == nullptr) return false;
  switch (generator_->CheckModel()) {
    case engine::ModelChange::kNone:
      return true;
    case engine::ModelChange::kReplaced:
      // Nobody's completion is worth the other model.
      if (running_jobs_.empty()) TakeReplacement();
      return true;
    case engine::ModelChange::kOverwritten:
      break;
  }
  Unload(MakeError(ErrorCode::kIo,
                   "the model's file was changed; it is loaded again"));
  return false;
}

// What cannot be loaded is not tried twice: it may be half written.
void CompletionHost::TakeReplacement() {
  if (!look_ || completion::Clock::now() < look_at_) return;
  look_at_ = completion::Clock::now() + kLookEvery;
  const engine::ModelStamp now = look_();
  const bool settled = now == std::exchange(looked_, now);
  if (!settled || now.empty() || now == tried_) return;
  tried_ = now;
  auto ready = loader_();
  if (ready) {
    WriteLog(LogLevel::kInfo, "the model's file was replaced");
    return Take(std::move(*ready));
  }
  WriteLog(LogLevel::kWarning,
           fmt::format("the model's file was replaced, and krait goes on with "
                       "the one before: {}",
                       ready.error().message));
}

void CompletionHost::Unload(const base::Error& why) {
  WriteLog(LogLevel::kWarning, why.message);
  load_error_ = why;
  for (const auto& running : running_jobs_) Answer(running->job, why);
  running_jobs_.clear();
  service_.reset();
  generator_.reset();
  unsaved_ = false;
  tried_.clear();  // what is there now is worth a try
  looked_.clear();
  look_at_ = completion::Clock::now() + kLookEvery;
  Publish(why);
}

// When the files have changed since the last try, and rest again; or at once
// for a new editor.
bool CompletionHost::ShouldLoadAgain(std::unique_lock<std::mutex>* lock) {
  const bool asked = std::exchange(try_again_, false);
  if (asked || !load_error_) return asked && load_error_;
  if (completion::Clock::now() < look_at_) return false;
  if (no_memory_to_load_) return true;
  if (!look_) return false;
  lock->unlock();
  engine::ModelStamp now = look_();
  lock->lock();
  look_at_ = completion::Clock::now() + kLookEvery;
  const bool settled = now == std::exchange(looked_, now);
  return settled && now != tried_;
}

}  // namespace krait::daemon
