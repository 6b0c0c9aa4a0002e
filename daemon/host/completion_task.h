// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_COMPLETION_TASK_H_
#define KRAIT_DAEMON_HOST_COMPLETION_TASK_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/running_completion.h"
#include "daemon/host/document_key.h"
#include "daemon/host/either_stop.h"
#include "daemon/host/task.h"
#include "daemon/host/token_stream.h"

namespace krait::daemon {

// A completion that someone waits for.
struct CompletionJob {
  using OnDone =
      std::function<void(const base::Result<completion::Completion>&)>;

  DocumentKey document;
  completion::CompletionRequest request;
  completion::CompletionOptions options;
  std::stop_token stop;
  OnDone on_done;
  // Gets what the model says as it comes, alternatives apart: before it is cut
  // and made to fit, as it is in the end. Null: nobody wants it.
  TokenStream::OnTokens on_tokens = {};
  completion::Clock::time_point queued = completion::Clock::now();
  // It waits until then for a newer one that replaces it.
  completion::Clock::time_point not_before = {};
};

// Completes. One whose syntax tree is still being made waits for that, so that
// the answer does not depend on how busy the machine is; but no longer than
// kMostTreeWait. What is shown of what the model said is made where the task
// ends, as it takes a parser's time.
class CompletionTask final : public Task {
 public:
  // Most trees are there within a few milliseconds; that of a long file which
  // was just opened may take a second.
  static constexpr std::chrono::milliseconds kMostTreeWait{250};

  // `post` brings the job's callbacks to where they are called.
  CompletionTask(CompletionJob job, PostToOwner post);

  completion::Clock::time_point BeginsAt(
      completion::Clock::time_point now) const override;
  void Forbid(const std::string& uri) override;
  bool cancelled() const override { return job_.stop.stop_requested(); }

  void Begin(const TaskModel& model, std::stop_token stop) override;
  void AddGenerations(
      std::vector<completion::RunningGeneration*>* generations) override;
  void GoOn() override;
  void StopIfAsked() override;
  bool ended() const override;
  void LetGo() override;
  bool CanBeginAgain() const override { return !stream_.begun(); }
  void LeaveModel() override;
  void End() override;
  void Fail(const base::Error& why) override;

 private:
  void Answer(base::Result<completion::Completion> completion);

  CompletionJob job_;
  const PostToOwner post_;
  TokenStream stream_;
  completion::Clock::time_point begin_ = {};
  std::optional<EitherStop> stop_;
  std::unique_ptr<completion::RunningCompletion> completion_;  // uses the job
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_COMPLETION_TASK_H_
