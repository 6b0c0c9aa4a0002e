// SPDX-License-Identifier: Apache-2.0
//
// A CompletionHost's memory: what is warm is dropped when memory runs short,
// when others need it, or when it is to be forgotten. All on the host's thread.
#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <new>
#include <utility>

#include "daemon/host/completion_host.h"
#include "daemon/host/running_job.h"
#include "daemon/log.h"

namespace krait::daemon {
namespace {

constexpr auto kPauseWithoutMemory = std::chrono::milliseconds(100);

base::Error OutOfMemory() {
  return base::MakeError(base::ErrorCode::kIo,
                         "not enough memory for a completion");
}

}  // namespace

// What was under way may be half done: all that is warm goes, and with it what
// took the memory. Nothing here needs any before.
void CompletionHost::DropAll(std::unique_lock<std::mutex>* lock) {
  if (!lock->owns_lock()) lock->lock();
  warming_.reset();
  lock->unlock();
  for (auto& running : running_jobs_) {
    running->completion.reset();
    if (!running->answered) interrupted_.push_back(std::move(running));
  }
  running_jobs_.clear();
  service_.reset();
  generator_.reset();
  malloc_trim(0);
  load_ = true;
  try {
    WriteLog(LogLevel::kError, "out of memory: warm states were dropped");
  } catch (const std::bad_alloc&) {
    // Others have it. They may let go of it.
  }
  lock->lock();
  if (!interrupted_.empty() || beginning_) return;
  // Nobody waits, and trying again at once would keep a processor busy.
  changed_.wait_for(*lock, kPauseWithoutMemory);
}

void CompletionHost::TakeUpInterrupted(std::unique_lock<std::mutex>* lock) {
  const auto take_up = [&](const CompletionJob& job) {
    if (job.again) {
      lock->unlock();
      Answer(job, OutOfMemory());
      lock->lock();
    } else {
      CompletionJob once_more = job;
      once_more.again = true;
      queue_.Add(std::move(once_more));
    }
  };
  for (; !interrupted_.empty(); interrupted_.pop_back()) {
    take_up(interrupted_.back()->job);
  }
  if (!beginning_) return;
  take_up(*beginning_);
  beginning_.reset();
}

// One that memory ran short for is done again.
void CompletionHost::ForgetAll(std::unique_lock<std::mutex>* lock) {
  while (!forgettings_.empty()) {
    const Forgetting next = forgettings_.front();
    if (next.forbidden) queue_.Forbid(*next.forbidden);
    lock->unlock();
    if (service_ != nullptr) service_->Forget();
    auto done = [post = post_, on_done = next.on_done](size_t count) {
      if (on_done) post([on_done, count] { on_done(count); });
    };
    if (generator_ == nullptr) {
      done(0);
    } else {
      generator_->Forget(next.scope, std::move(done));
    }
    malloc_trim(0);
    lock->lock();
    forgettings_.erase(forgettings_.begin());
  }
}

void CompletionHost::BalanceMemory() {
  base::MemoryUse use =
      generator_ == nullptr ? base::MemoryUse{} : generator_->memory_use();
  const size_t before = use.bytes;
  while (const size_t surplus = account_.Report(use)) {
    const size_t held = use.bytes;
    generator_->GiveBack(surplus);
    use = generator_->memory_use();
    // What it cannot give it need not be asked for.
    if (use.bytes >= held) use.least_use.reset();
  }
  if (use.bytes < before) malloc_trim(0);
}

}  // namespace krait::daemon
