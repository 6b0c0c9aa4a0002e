// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/task_queue.h"

#include <algorithm>
#include <utility>

namespace krait::daemon {
namespace {

bool IsIdleOf(const Task& task, const DocumentKey& document) {
  return task.priority() == TaskPriority::kIdle && task.document() == document;
}

}  // namespace

void TaskQueue::Add(std::unique_ptr<Task>&& task) {
  task->order = next_order_++;
  if (task->priority() == TaskPriority::kIdle) {
    std::erase_if(tasks_, [&task](const auto& other) {
      return IsIdleOf(*other, task->document());
    });
  }
  tasks_.push_back(std::move(task));
}

void TaskQueue::Return(std::unique_ptr<Task> task) {
  const bool replaced = std::ranges::any_of(tasks_, [&](const auto& other) {
    return IsIdleOf(*other, task->document());
  });
  if (!replaced) tasks_.push_back(std::move(task));
}

uint64_t TaskQueue::LastServed(const DocumentKey& document) const {
  const auto found = served_.find(document);
  return found == served_.end() ? 0 : found->second;
}

// Both of one priority.
bool TaskQueue::ComesBefore(const Task& a, const Task& b) const {
  if (a.priority() == TaskPriority::kWaitedFor) {
    const uint64_t served_a = LastServed(a.document());
    const uint64_t served_b = LastServed(b.document());
    if (served_a != served_b) return served_a < served_b;
  }
  return a.order > b.order;
}

std::unique_ptr<Task> TaskQueue::Next(TaskPriority priority,
                                      completion::Clock::time_point now) {
  if (priority == TaskPriority::kIdle && size(TaskPriority::kWaitedFor) > 0) {
    return nullptr;
  }
  auto next = tasks_.end();
  for (auto task = tasks_.begin(); task != tasks_.end(); ++task) {
    if ((*task)->priority() != priority || (*task)->BeginsAt(now) > now) {
      continue;
    }
    if (next == tasks_.end() || ComesBefore(**task, **next)) next = task;
  }
  if (next == tasks_.end()) return nullptr;
  if (priority == TaskPriority::kWaitedFor) {
    served_[(*next)->document()] = next_turn_++;
  }
  std::unique_ptr<Task> task = std::move(*next);
  tasks_.erase(next);
  return task;
}

std::optional<completion::Clock::time_point> TaskQueue::ReadyAt() const {
  const auto now = completion::Clock::now();
  const auto of_interest = size(TaskPriority::kWaitedFor) > 0
                               ? TaskPriority::kWaitedFor
                               : TaskPriority::kIdle;
  std::optional<completion::Clock::time_point> first;
  for (const auto& task : tasks_) {
    if (task->priority() != of_interest) continue;
    const auto time = task->BeginsAt(now);
    if (!first || time < *first) first = time;
  }
  return first;
}

void TaskQueue::Drop(const DocumentKey& document) {
  std::erase_if(tasks_, [&document](const auto& task) {
    return IsIdleOf(*task, document);
  });
  served_.erase(document);
}

void TaskQueue::DropSession(uint64_t session) {
  std::erase_if(tasks_, [session](const auto& task) {
    return task->priority() == TaskPriority::kIdle &&
           task->document().session == session;
  });
  std::erase_if(served_, [session](const auto& entry) {
    return entry.first.session == session;
  });
}

void TaskQueue::Forbid(const DocumentKey& document) {
  Drop(document);
  for (const auto& task : tasks_) {
    if (task->document().session == document.session) {
      task->Forbid(document.uri);
    }
  }
}

size_t TaskQueue::size(TaskPriority priority) const {
  return static_cast<size_t>(std::ranges::count_if(
      tasks_,
      [priority](const auto& task) { return task->priority() == priority; }));
}

}  // namespace krait::daemon
