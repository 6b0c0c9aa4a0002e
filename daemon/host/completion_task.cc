// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/completion_task.h"

#include <algorithm>
#include <utility>

namespace krait::daemon {
namespace {

// How often a tree that is being made is looked for.
constexpr std::chrono::milliseconds kTreeLook{1};

}  // namespace

CompletionTask::CompletionTask(CompletionJob job, PostToOwner post)
    : Task(TaskPriority::kWaitedFor, std::move(job.document)),
      job_(std::move(job)),
      post_(std::move(post)),
      stream_(post_, job_.on_tokens, job_.stop) {}

bool CompletionTask::WaitsForTree(completion::Clock::time_point now) const {
  const auto& slot = job_.request.syntax.slot;
  const auto end = std::max(job_.queued, job_.not_before) + kMostTreeWait;
  return slot != nullptr && now < end && !slot->IsSettled();
}

completion::Clock::time_point CompletionTask::BeginsAt(
    completion::Clock::time_point now) const {
  if (cancelled()) return {};
  const bool waits = job_.not_before <= now && WaitsForTree(now);
  return waits ? now + kTreeLook : job_.not_before;
}

void CompletionTask::Forbid(const std::string& uri) {
  completion::LeaveOut(uri, &job_.request.others);
}

void CompletionTask::Begin(const TaskModel& model, std::stop_token stop) {
  begin_ = completion::Clock::now();
  stop_.emplace(job_.stop, stop);
  completion_ = model.completions.Begin(job_.request, job_.options,
                                        stop_->either.get_token());
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

void CompletionTask::End() {
  stream_.Post(completion_->said());
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
