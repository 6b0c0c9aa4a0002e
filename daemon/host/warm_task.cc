// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/warm_task.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/host/tree_wait.h"
#include "daemon/log.h"

namespace krait::daemon {

WarmTask::WarmTask(WarmingJob job)
    : Task(TaskPriority::kIdle, std::move(job.document)), job_(std::move(job)) {
  job_.request.document = IdentityOf(document());
}

completion::Clock::time_point WarmTask::BeginsAt(
    completion::Clock::time_point now) const {
  return daemon::BeginsAt(
      {.not_before = job_.not_before, .latest = queued_ + kMostTreeWait},
      job_.request.syntax, now);
}

void WarmTask::Forbid(const std::string& uri) {
  completion::LeaveOut(uri, &job_.request.others);
}

void WarmTask::Begin(const TaskModel& model, std::stop_token stop) {
  // If not yet, it comes back for it: it costs nothing to warm twice.
  const bool prefetch =
      job_.prefetch_at && *job_.prefetch_at <= completion::Clock::now();
  const base::Status warmed = Warm(model, prefetch, stop);
  if (warmed) {
    ended_ = prefetch || !job_.prefetch_at;
    if (!ended_) job_.not_before = *job_.prefetch_at;
    return;
  }
  ended_ = warmed.error().code != base::ErrorCode::kCancelled;
  if (ended_) {
    WriteLog(LogLevel::kWarning, fmt::format("warming {}: {}", document().uri,
                                             warmed.error().message));
  }
}

base::Status WarmTask::Warm(const TaskModel& model, bool prefetch,
                            const std::stop_token& stop) const {
  base::Status warmed =
      model.completions.Warm(job_.request, job_.options, stop);
  if (!warmed || !prefetch) return warmed;
  return model.completions.Prefetch(job_.request, job_.options, stop);
}

}  // namespace krait::daemon
