// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_RUNNING_JOB_H_
#define KRAIT_DAEMON_HOST_RUNNING_JOB_H_

#include <memory>
#include <stop_token>
#include <utility>

#include "daemon/completion/running_completion.h"
#include "daemon/host/completion_host.h"

namespace krait::daemon {

// A completion that the host has begun.
struct CompletionHost::RunningJob {
  RunningJob(CompletionJob&& its_job, const std::stop_token& host)
      : job(std::move(its_job)),
        on_request(job.stop, Forward{&either}),
        on_host(host, Forward{&either}) {}

  struct Forward {
    std::stop_source* to;
    void operator()() const { to->request_stop(); }
  };

  // Stopped when the request is, or the whole host. First: without the memory
  // for it the job stays with whoever brings it.
  std::stop_source either;
  CompletionJob job;
  const completion::Clock::time_point begin = completion::Clock::now();
  const std::stop_callback<Forward> on_request;
  const std::stop_callback<Forward> on_host;
  std::unique_ptr<completion::RunningCompletion> completion;  // uses the job
  bool answered = false;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_RUNNING_JOB_H_
