// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_TEXT_TASK_H_
#define KRAIT_DAEMON_HOST_TEXT_TASK_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/completion/completion_place.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/document_key.h"
#include "daemon/host/either_stop.h"
#include "daemon/host/task.h"
#include "daemon/host/text_request.h"
#include "daemon/host/text_watch.h"

namespace krait::daemon {

// A TextRequest that someone waits for.
struct TextJob {
  DocumentKey document;  // tells the text from all others
  TextRequest request;
  std::stop_token stop;
  std::function<void(const base::Result<TextAnswer>&)> on_done;
  // Gets what is said as it comes. Null: nobody wants it. Not called any more
  // once `stop` is requested on the owner's thread.
  std::function<void(const TextDelta&)> on_delta = {};
  completion::Clock::time_point queued = completion::Clock::now();
};

// Generates text. The first choice is the likeliest one, or drawn; the others
// begin once that has read the prompt: they begin with the next likely tokens,
// or are drawn with other seeds.
//
// Ends with kInvalidArgument if the prompt is longer than the model's context,
// and with kIo if its pieces are of a model that was replaced since.
class TextTask final : public Task {
 public:
  // `post` brings the job's callbacks to where they are called.
  TextTask(TextJob job, PostToOwner post);

  completion::Clock::time_point BeginsAt(
      completion::Clock::time_point /*now*/) const override {
    return {};
  }
  void Forbid(const std::string& uri) override;
  bool cancelled() const override { return job_.stop.stop_requested(); }

  void Begin(const TaskModel& model, std::stop_token stop) override;
  void AddGenerations(
      std::vector<completion::RunningGeneration*>* generations) override;
  void GoOn() override;
  void StopIfAsked() override;
  bool ended() const override;
  void LetGo() override;
  bool CanBeginAgain() const override { return !posted_; }
  void LeaveModel() override;
  void End() override;
  void Fail(const base::Error& why) override;

 private:
  // One answer under way.
  struct Running {
    explicit Running(const TextRequest& request) : watch(request) {}
    TextWatch watch;
    std::unique_ptr<completion::RunningGeneration> generation;
  };

  base::Status Prepare(const TaskModel& model);
  void BeginChoice();
  void PostDeltas();
  base::Status Collect(const completion::GeneratorReport& report, bool first);
  void Answer(base::Result<TextAnswer> answer);

  TextJob job_;
  const PostToOwner post_;
  bool posted_ = false;
  completion::Clock::time_point begin_ = {};
  std::optional<EitherStop> stop_;
  completion::Generator* generator_ = nullptr;  // while it has the model
  completion::CompletionPlace place_;
  completion::GeneratorPrompt prompt_;  // refers to the place, or the pieces
  std::vector<std::unique_ptr<Running>> running_;
  std::optional<base::Error> error_;
  TextAnswer answer_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_TEXT_TASK_H_
