// SPDX-License-Identifier: Apache-2.0
//
// A task moves from list to list with its node, so that giving one back needs
// no memory.
#include "daemon/host/task_ender.h"

#include <new>
#include <utility>

namespace krait::daemon {

TaskEnder::TaskEnder(OnChange on_change)
    : on_change_(std::move(on_change)), thread_([this] { Run(); }) {}

TaskEnder::~TaskEnder() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void TaskEnder::End(std::unique_ptr<Task>&& task) {
  Tasks node;
  node.push_back(std::move(task));
  {
    const std::lock_guard lock(mutex_);
    waiting_.splice(waiting_.end(), node);
  }
  changed_.notify_one();
}

bool TaskEnder::busy() const {
  const std::lock_guard lock(mutex_);
  return ending_ || !waiting_.empty();
}

std::list<std::unique_ptr<Task>> TaskEnder::TakeUnended() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unended_, {});
}

void TaskEnder::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (stopped_) return;
    Tasks task;
    task.splice(task.end(), waiting_, waiting_.begin());
    ending_ = true;
    lock.unlock();
    EndOne(&task);
    lock.lock();
    ending_ = false;
    const bool tell = !task.empty() || waiting_.empty();
    unended_.splice(unended_.end(), task);
    lock.unlock();
    if (tell) on_change_();
    lock.lock();
  }
}

void TaskEnder::EndOne(Tasks* task) {
  try {
    task->front()->End();
    task->clear();
  } catch (const std::bad_alloc&) {
    task->front()->LetGo();
  }
}

}  // namespace krait::daemon
