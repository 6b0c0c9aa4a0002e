// SPDX-License-Identifier: Apache-2.0
//
// A model thread's memory: what is warm is dropped when memory runs short, when
// others need it, or when it is to be forgotten.
#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <new>
#include <utility>

#include "daemon/host/model_thread.h"
#include "daemon/log.h"

namespace krait::daemon {
namespace {

constexpr auto kPauseForMemory = std::chrono::milliseconds(100);

base::Error OutOfMemory() {
  return base::MakeError(base::ErrorCode::kIo,
                         "not enough memory for a completion");
}

}  // namespace

// What was under way may be half done: all that is warm goes, and with it what
// took the memory. Nothing here needs any before.
void ModelThread::DropAll(std::unique_lock<std::mutex>* lock, const char* why) {
  if (!lock->owns_lock()) lock->lock();
  idle_.reset();
  lock->unlock();
  for (auto& task : running_) {
    if (task == nullptr) continue;  // has ended
    task->LetGo();
    interrupted_.push_back(std::move(task));
  }
  running_.clear();
  model_.Drop();
  malloc_trim(0);
  load_ = true;
  try {
    WriteLog(LogLevel::kError,
             fmt::format("{}: warm states were dropped", why));
  } catch (const std::bad_alloc&) {
    // Others have it. They may let go of it.
  }
  lock->lock();
  const bool any_left =
      !interrupted_.empty() || !unended_.empty() || beginning_ != nullptr;
  if (any_left) return;
  // Nobody waits, and trying again at once would keep a processor busy.
  changed_.wait_for(*lock, kPauseForMemory);
}

void ModelThread::TakeUpInterrupted(std::unique_lock<std::mutex>* lock) {
  for (; !interrupted_.empty(); interrupted_.pop_back()) {
    TakeUp(&interrupted_.back(), lock);
  }
  for (; !unended_.empty(); unended_.pop_front()) {
    TakeUp(&unended_.front(), lock);
  }
  if (beginning_ != nullptr) TakeUp(&beginning_, lock);
  beginning_.reset();
}

void ModelThread::TakeUp(std::unique_ptr<Task>* task,
                         std::unique_lock<std::mutex>* lock) {
  if ((*task)->begun_before || !(*task)->CanBeginAgain()) {
    lock->unlock();
    (*task)->Fail(OutOfMemory());
    lock->lock();
  } else {
    Task& again = **task;
    queue_.Add(std::move(*task));
    again.begun_before = true;
  }
}

// One that memory ran short for is done again.
void ModelThread::ForgetAll(std::unique_lock<std::mutex>* lock) {
  while (!forgettings_.empty()) {
    const Forgetting next = forgettings_.front();
    if (next.forbidden) queue_.Forbid(*next.forbidden);
    lock->unlock();
    const TaskModel* const model = model_.get();
    if (model == nullptr) {
      next.on_done(0);
    } else {
      model->completions.Forget();
      model->generator.Forget(next.scope, next.on_done);
    }
    malloc_trim(0);
    lock->lock();
    forgettings_.erase(forgettings_.begin());
  }
}

void ModelThread::BalanceMemory() {
  completion::Generator* const generator =
      model_.get() == nullptr ? nullptr : &model_.get()->generator;
  base::MemoryUse use =
      generator == nullptr ? base::MemoryUse{} : generator->memory_use();
  const size_t before = use.bytes;
  while (const size_t surplus = account_.Report(use)) {
    const size_t held = use.bytes;
    generator->GiveBack(surplus);
    use = generator->memory_use();
    // What it cannot give it need not be asked for.
    if (use.bytes >= held) use.least_use.reset();
  }
  if (use.bytes < before) malloc_trim(0);
}

}  // namespace krait::daemon
