// SPDX-License-Identifier: Apache-2.0
//
// The thread's loop: wait for work, do one thing, look at memory. The mutex is
// held between things, and let go of while one is done; the queue, and what
// others ask for, is looked at in between, so that a task that comes is begun
// with the next round.
#include "daemon/host/model_thread.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>
#include <utility>

#include "daemon/completion/generator/readiness.h"
#include "daemon/log.h"
#include "engine/vulkan/device.h"  // DeviceFailure

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {

// As long as whoever waits for the daemon's end has patience.
constexpr auto kSaveAtTheEnd = std::chrono::milliseconds(2500);

}  // namespace

ModelThread::ModelThread(Options options)
    : on_news_(std::move(options.on_news)),
      save_when_idle_for_(options.save_when_idle_for),
      account_(std::move(options.memory),
               [this] {
                 const std::lock_guard lock(mutex_);
                 balance_ = true;
                 changed_.notify_one();
               }),
      model_(std::move(options.loader), std::move(options.look),
             [this](const ModelNews& news) { OnNews(news); }),
      ender_([this] {
        const std::lock_guard lock(mutex_);
        ender_changed_ = true;
        changed_.notify_one();
      }) {
  // So that taking up a task never needs memory once it has begun.
  running_.reserve(kMostAtOnce);
  interrupted_.reserve(kMostAtOnce);
  thread_ = std::thread([this] { Run(); });
}

ModelThread::~ModelThread() {
  // Without the mutex: who waits for an answer from elsewhere is woken by this.
  stopping_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    StopIdle(/*stale=*/true);
  }
  changed_.notify_one();
  thread_.join();
}

// Others' side ----------------------------------------------------------------

void ModelThread::Add(std::unique_ptr<Task> task) {
  {
    const std::lock_guard lock(mutex_);
    if (task->priority() == TaskPriority::kWaitedFor) {
      StopIdle(/*stale=*/false);
    } else if (idle_ && idle_->document == task->document()) {
      // The newer one goes on from what the older has done.
      StopIdle(/*stale=*/true);
    }
    queue_.Add(std::move(task));
  }
  changed_.notify_one();
}

void ModelThread::Drop(const DocumentKey& document) {
  const std::lock_guard lock(mutex_);
  queue_.Drop(document);
  if (idle_ && idle_->document == document) StopIdle(/*stale=*/true);
}

void ModelThread::DropSession(uint64_t session) {
  const std::lock_guard lock(mutex_);
  queue_.DropSession(session);
  if (idle_ && idle_->document.session == session) StopIdle(/*stale=*/true);
}

void ModelThread::Forget(Forgetting forgetting) {
  const std::lock_guard lock(mutex_);
  StopIdle(/*stale=*/idle_ && idle_->document == forgetting.forbidden);
  forgettings_.push_back(std::move(forgetting));
  changed_.notify_one();
}

void ModelThread::TryToLoad() {
  const std::lock_guard lock(mutex_);
  try_to_load_ = true;
  changed_.notify_one();
}

HostStatus ModelThread::status() const {
  const std::lock_guard lock(mutex_);
  return {.waiting_completions = queue_.size(TaskPriority::kWaitedFor),
          .waiting_warmings = queue_.size(TaskPriority::kIdle),
          .running = busy_ || ender_.busy(),
          .warm = warm_status_};
}

void ModelThread::StopIdle(bool stale) {
  if (!idle_) return;
  idle_->stale |= stale;
  idle_->stop.request_stop();
}

// The thread ------------------------------------------------------------------

void ModelThread::Run() {
  std::unique_lock lock(mutex_);
  for (bool more = true; more;) {
    try {
      more = Work(&lock);
    } catch (const engine::vulkan::DeviceFailure& failure) {
      DropAll(&lock, failure.what());
    } catch (const std::bad_alloc&) {
      DropAll(&lock);
    } catch (const std::system_error&) {  // no thread could be made
      DropAll(&lock);
    }
  }
  lock.unlock();
  beginning_.reset();
  interrupted_.clear();
  running_.clear();
  SaveAtTheEnd();
  model_.Drop();
}

bool ModelThread::Work(std::unique_lock<std::mutex>* lock) {
  if (stopping_.stop_requested()) return false;
  unended_.splice(unended_.end(), ender_.TakeUnended());
  if (!unended_.empty()) DropAll(lock);
  if (std::exchange(load_, false)) {
    lock->unlock();
    model_.Load();
    lock->lock();
  }
  TakeUpInterrupted(lock);
  if (!WaitForWork(lock)) return false;
  RunNext(lock);
  return true;
}

bool ModelThread::WaitForWork(std::unique_lock<std::mutex>* lock) {
  while (!stopping_.stop_requested()) {
    const bool rests = !running_.empty() && resting_;
    if (!rests && (!running_.empty() || !forgettings_.empty())) return true;
    if (try_to_load_ || balance_ || ender_changed_) return true;
    const auto now = completion::Clock::now();
    std::optional<completion::Clock::time_point> next;
    if (MayBegin()) next = queue_.ReadyAt();
    const auto consider = [&next](completion::Clock::time_point time) {
      if (!next || time < *next) next = time;
    };
    if (unsaved_) consider(idle_since_ + save_when_idle_for_);
    if (const auto load = model_.LoadsAgainAt()) consider(*load);
    if (next && *next <= now) return true;
    if (next) {
      changed_.wait_until(*lock, *next);
    } else {
      changed_.wait(*lock);
    }
  }
  return false;
}

bool ModelThread::MayBegin() const {
  const bool waited_for = queue_.size(TaskPriority::kWaitedFor) > 0;
  if (running_.empty()) return waited_for || !ender_.busy();
  return waited_for && running_.size() < kMostAtOnce && forgettings_.empty();
}

void ModelThread::RunNext(std::unique_lock<std::mutex>* lock) {
  busy_ = true;
  ender_changed_ = false;
  RunTasks(lock);
  busy_ = !running_.empty();
  if (std::exchange(balance_, false) || !busy_ ||
      std::exchange(any_ended_, false)) {
    lock->unlock();
    BalanceMemory();
    lock->lock();
  }
  if (!busy_) {
    warm_status_ = model_.get() == nullptr
                       ? completion::WarmStatus{}
                       : model_.get()->generator.warm_status();
  }
  idle_since_ = completion::Clock::now();
}

void ModelThread::RunTasks(std::unique_lock<std::mutex>* lock) {
  if (!forgettings_.empty() && running_.empty()) ForgetAll(lock);
  if (LoadAgain(lock)) return;
  // What runs would bring back what is to be forgotten: nothing new begins.
  const bool forgets = !running_.empty() && !forgettings_.empty();
  if (forgets || BeginTasks(lock) || !running_.empty()) {
    RunRound(lock);
  } else if (auto idle = NextIdle()) {
    RunIdle(std::move(idle), lock);
  } else if (completion::Clock::now() >= idle_since_ + save_when_idle_for_) {
    lock->unlock();
    BeginSaving();
    lock->lock();
  }
}

std::unique_ptr<Task> ModelThread::NextIdle() {
  if (ender_.busy()) return nullptr;
  return queue_.Next(TaskPriority::kIdle, completion::Clock::now());
}

bool ModelThread::LoadAgain(std::unique_lock<std::mutex>* lock) {
  const bool asked = std::exchange(try_to_load_, false);
  if (!asked && !model_.LoadsAgainAt()) return false;
  lock->unlock();
  const bool load = model_.ShouldLoadAgain(asked);
  if (load) model_.Load();
  lock->lock();
  return load;
}

bool ModelThread::BeginTasks(std::unique_lock<std::mutex>* lock) {
  bool any = false;
  while (running_.size() < kMostAtOnce) {
    beginning_ =
        queue_.Next(TaskPriority::kWaitedFor, completion::Clock::now());
    if (beginning_ == nullptr) break;
    any = true;
    lock->unlock();
    Begin();
    beginning_.reset();  // if it failed
    lock->lock();
  }
  return any;
}

void ModelThread::Begin() {
  if (beginning_->cancelled()) {
    return beginning_->Fail(
        MakeError(ErrorCode::kCancelled, "the request was cancelled"));
  }
  if (!ModelIsSound()) return beginning_->Fail(model_.error());
  unsaved_ = true;
  // One that this one replaces leaves first: it may be continued.
  for (const auto& task : running_) task->StopIfAsked();
  EndTasks();
  if (model_.get() == nullptr) return beginning_->Fail(model_.error());
  running_.push_back(std::move(beginning_));
  running_.back()->Begin(*model_.get(), stopping_.get_token());
}

void ModelThread::RunRound(std::unique_lock<std::mutex>* lock) {
  lock->unlock();
  if (!running_.empty()) {
    model_.get()->generator.Advance(Generations());
    for (const auto& task : running_) task->GoOn();
    EndTasks();
    RestIfAllWait();
  }
  lock->lock();
}

std::vector<completion::RunningGeneration*> ModelThread::Generations() const {
  std::vector<completion::RunningGeneration*> generations;
  for (const auto& task : running_) task->AddGenerations(&generations);
  return generations;
}

void ModelThread::RestIfAllWait() {
  const auto generations = Generations();
  const bool all_wait = completion::AllWait(generations);
  {
    const std::lock_guard lock(mutex_);
    resting_ = all_wait;
  }
  if (!all_wait) return;
  for (completion::RunningGeneration* const generation : generations) {
    if (generation->outcome()) continue;
    generation->WhenReady([this] {
      const std::lock_guard lock(mutex_);
      resting_ = false;
      changed_.notify_one();
    });
  }
}

void ModelThread::EndTasks() {
  const auto ended = [](const auto& task) { return task->ended(); };
  if (std::ranges::none_of(running_, ended)) return;
  // What it has said may be of two models.
  if (!ModelIsSound()) return;
  for (auto& task : running_) {
    if (!ended(task)) continue;
    task->LeaveModel();
    ender_.End(std::move(task));
  }
  std::erase(running_, nullptr);
  any_ended_ = true;
}

void ModelThread::RunIdle(std::unique_ptr<Task> task,
                          std::unique_lock<std::mutex>* lock) {
  idle_.emplace().document = task->document();
  const std::stop_token stop = idle_->stop.get_token();
  lock->unlock();
  const bool sound = ModelIsSound();
  if (sound) {
    unsaved_ = true;
    task->Begin(*model_.get(), stop);
  }
  lock->lock();
  const bool stale = idle_->stale;
  idle_.reset();
  if (sound && !stale && !task->ended()) queue_.Return(std::move(task));
}

// The model -------------------------------------------------------------------

bool ModelThread::ModelIsSound() {
  // Nobody's completion is worth the other model.
  if (model_.IsSound(/*may_replace=*/running_.empty())) return true;
  if (model_.get() == nullptr) return false;
  for (auto& task : running_) {
    task->Fail(model_.error());
    task.reset();
  }
  running_.clear();
  unsaved_ = false;
  model_.Unload();
  return false;
}

void ModelThread::OnNews(const ModelNews& news) {
  if (news.loaded) {
    const std::lock_guard lock(mutex_);
    warm_status_ = news.warm;
  }
  on_news_(news);
}

void ModelThread::BeginSaving() {
  if (!std::exchange(unsaved_, false) || model_.get() == nullptr) return;
  model_.get()->generator.SaveWarmStates();
}

void ModelThread::SaveAtTheEnd() try {
  BeginSaving();
  if (model_.get() == nullptr) return;
  const auto saved = model_.get()->generator.FinishSaving(kSaveAtTheEnd);
  if (!saved) {
    WriteLog(LogLevel::kWarning,
             fmt::format("saving warm states: {}", saved.error().message));
  }
} catch (const std::bad_alloc&) {
  WriteLog(LogLevel::kError, "not enough memory to save warm states");
}

}  // namespace krait::daemon
