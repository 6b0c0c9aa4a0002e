// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/completion_task.h"

#include <algorithm>
#include <utility>

#include "daemon/host/tree_wait.h"

namespace krait::daemon {

CompletionTask::CompletionTask(CompletionJob job, PostToOwner post)
    : Task(TaskPriority::kWaitedFor, std::move(job.document)),
      job_(std::move(job)),
      post_(std::move(post)),
      stream_(post_, job_.on_tokens, job_.stop) {
  job_.request.document = IdentityOf(document());
}

completion::Clock::time_point CompletionTask::BeginsAt(
    completion::Clock::time_point now) const {
  if (cancelled()) return {};
  return daemon::BeginsAt(
      {.not_before = job_.not_before,
       .latest = std::max(job_.queued, job_.not_before) + kMostTreeWait},
      job_.request.syntax, now);
}

void CompletionTask::Forbid(const std::string& uri) {
  completion::LeaveOut(uri, &job_.request.others);
}

void CompletionTask::Begin(const TaskModel& model, std::stop_token stop) {
  begin_ = completion::Clock::now();
  stop_.emplace(job_.stop, stop);
  completion_ =
      model.completions.Begin(job_.request, job_.options, stop_->token());
}

void CompletionTask::AddGenerations(
    std::vector<completion::RunningGeneration*>* generations) {
  completion_->AddGenerations(generations);
}

void CompletionTask::GoOn() {
  stream_.Post(completion_->said());
  completion_->GoOn();
}

void CompletionTask::StopIfAsked() {
  completion_->StopIfAsked();
}

bool CompletionTask::ended() const {
  return completion_->ended();
}

void CompletionTask::LetGo() {
  completion_.reset();
  stop_.reset();
}

void CompletionTask::LeaveModel() {
  stream_.Post(completion_->said());
  completion_->LeaveGenerator();
}

void CompletionTask::End() {
  auto completion = completion_->Finish();
  if (completion) completion->trace.queue = begin_ - job_.queued;
  Answer(std::move(completion));
}

void CompletionTask::Fail(const base::Error& why) {
  Answer(why);
}

void CompletionTask::Answer(base::Result<completion::Completion> completion) {
  post_([on_done = job_.on_done, completion = std::move(completion)] {
    on_done(completion);
  });
}

}  // namespace krait::daemon
