// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_TASK_H_
#define KRAIT_DAEMON_HOST_TASK_H_

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/document_key.h"

namespace krait::daemon {

// Brings a call to the thread of whoever asks for tasks.
using PostToOwner = std::function<void(std::function<void()>)>;

enum class TaskPriority : uint8_t {
  kWaitedFor,  // someone waits: it runs beside others, round by round
  kIdle,       // nobody waits: it runs alone, and stops for what is waited for
};

// What tasks work with.
struct TaskModel {
  completion::Generator& generator;
  completion::CompletionService& completions;
};

// Something that a model is to do for a document. Completing is one kind of
// task, warming another; neither the queue nor the model's thread knows which
// there are.
//
// A task is made by whoever asks for it, and from then on belongs to the
// model's thread, where all calls are but End. It waits in a TaskQueue until
// its time has come and then
//
// - if it is waited for: begins, is moved on in rounds (its generations, GoOn)
//   until it has ended, leaves the model, and Ends with an answer on another
//   thread (TaskEnder), so that making one holds up nobody's round; or it is
//   let go of and begun again; or it Fails. One of End and Fail is called,
//   once, unless the thread ends before.
// - if it is idle: does what it can in Begin, until it is stopped, and goes
// back
//   to the queue if it has not ended then.
class Task {
 public:
  Task(TaskPriority priority, DocumentKey document)
      : priority_(priority), document_(std::move(document)) {}
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  TaskPriority priority() const { return priority_; }
  const DocumentKey& document() const { return document_; }

  // While it waits: when it may begin, as far as that is known at `now`. If
  // that is later, it is asked again by then.
  virtual completion::Clock::time_point BeginsAt(
      completion::Clock::time_point now) const = 0;
  // While it waits: another document of the same session may not be read any
  // more, and is not used.
  virtual void Forbid(const std::string& uri) = 0;
  // Whether nobody wants it any more.
  virtual bool cancelled() const { return false; }

  // Once `stop` is requested it ends, at the latest after one token or one
  // batch of a prompt. The model outlives the task, or LetGo is called before.
  virtual void Begin(const TaskModel& model, std::stop_token stop) = 0;
  // Its generations, for a round.
  virtual void AddGenerations(
      std::vector<completion::RunningGeneration*>* /*generations*/) {}
  // Called after each round.
  virtual void GoOn() {}
  // Ends it if it was stopped, which the next round would notice, too.
  virtual void StopIfAsked() {}
  virtual bool ended() const = 0;
  // Lets go of all that it has of the model, to be begun again or never.
  // Needs no memory.
  virtual void LetGo() {}
  // Whether it may be begun again then.
  virtual bool CanBeginAgain() const { return true; }

  // It has ended: lets go of the model, but for what that said.
  virtual void LeaveModel() {}
  // Answers with what it came to, on any thread, once it has left the model.
  virtual void End() {}
  // Answers that there is nothing, and why.
  virtual void Fail(const base::Error& /*why*/) {}

  // For whoever keeps it: when it was queued; whether it was begun and let go
  // of, as memory ran short.
  uint64_t order = 0;
  bool begun_before = false;

 private:
  const TaskPriority priority_;
  const DocumentKey document_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_TASK_H_
