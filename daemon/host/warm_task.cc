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
  const base::Result<bool> warmed = Warm(model, stop);
  if (warmed) {
    ended_ = *warmed;
    if (!ended_) job_.not_before = *job_.prefetch_at;
    return;
  }
  ended_ = warmed.error().code != base::ErrorCode::kCancelled;
  if (ended_) {
    WriteLog(LogLevel::kWarning, fmt::format("warming {}: {}", document().uri,
                                             warmed.error().message));
  }
}

base::Result<bool> WarmTask::Warm(const TaskModel& model,
                                  const std::stop_token& stop) const {
  completion::CompletionService& service = model.completions;
  // If not yet, it comes back for it: it costs nothing to warm twice.
  const bool early =
      job_.prefetch_at && completion::Clock::now() < *job_.prefetch_at;
  base::Status done = service.Warm(job_.request, job_.options, stop);
  if (done && early) return false;
  if (done && job_.prefetch_at) {
    done = service.Prefetch(job_.request, job_.options, stop);
  }
  if (done) done = service.ReadContext(job_.request, job_.options, stop);
  if (done) done = service.ReadAhead(job_.request, job_.options, stop);
  if (!done) return done.error();
  return true;
}

}  // namespace krait::daemon
