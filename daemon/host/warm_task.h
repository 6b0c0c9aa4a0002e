// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_WARM_TASK_H_
#define KRAIT_DAEMON_HOST_WARM_TASK_H_

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/host/document_key.h"
#include "daemon/host/task.h"

namespace krait::daemon {

// A place in a document whose state is to be made ready while nobody waits.
struct WarmingJob {
  DocumentKey document;
  completion::CompletionRequest request;
  completion::CompletionOptions options;
  completion::Clock::time_point not_before = {};
  // When to generate the completion there, too; nothing: never.
  std::optional<completion::Clock::time_point> prefetch_at = {};
};

// Warms, then, when it is time for that, generates ahead, and then has the
// model read on. Begins with the syntax tree of its request, if that is there
// within kMostTreeWait.
class WarmTask final : public Task {
 public:
  // The tree tells which suffix the model is to read, which takes longer.
  static constexpr std::chrono::milliseconds kMostTreeWait{10};

  explicit WarmTask(WarmingJob job);

  completion::Clock::time_point BeginsAt(
      completion::Clock::time_point now) const override;
  void Forbid(const std::string& uri) override;
  void Begin(const TaskModel& model, std::stop_token stop) override;
  bool ended() const override { return ended_; }

 private:
  // False: there is more to do later.
  base::Result<bool> Warm(const TaskModel& model,
                          const std::stop_token& stop) const;

  const completion::Clock::time_point queued_ = completion::Clock::now();
  WarmingJob job_;
  bool ended_ = false;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_WARM_TASK_H_
