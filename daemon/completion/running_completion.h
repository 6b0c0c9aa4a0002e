// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_RUNNING_COMPLETION_H_
#define KRAIT_DAEMON_COMPLETION_RUNNING_COMPLETION_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "daemon/completion/completion_place.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator.h"
#include "daemon/completion/post_process.h"
#include "daemon/completion/syntax.h"
#include "daemon/completion/watcher.h"
#include "engine/error.h"

namespace krait::daemon {

// A completion under way, made and moved on by a CompletionService: watches its
// generation, ends it where a completion should end, and makes of what was said
// a text that fits its place. Belongs to the service's thread.
class RunningCompletion {
 public:
  // Begins the generation. `cutting` is the time that it took to find out what
  // to show the model. `request` and `generator` must outlive it.
  RunningCompletion(const CompletionRequest& request,
                    const CompletionOptions& options, CompletionPlace place,
                    Clock::duration cutting, Generator& generator,
                    std::stop_token stop);
  RunningCompletion(const RunningCompletion&) = delete;
  RunningCompletion& operator=(const RunningCompletion&) = delete;

  RunningGeneration& generation() { return *generation_; }
  void StopIfAsked() { generation_->StopIfAsked(); }
  bool ended() const { return generation_->outcome().has_value(); }

  // Returns what it came to, once it has ended; an error of kind kCancelled if
  // it was stopped. To be called once.
  engine::Result<Completion> Finish();

 private:
  void WaitForSyntax(std::chrono::milliseconds limit);
  StopRules MakeRules() const;
  PostProcessed Fit(std::string_view kept) const;
  Completion Decide(const GeneratorReport& report);

  const CompletionRequest& request_;
  const CompletionOptions options_;
  const CompletionPlace place_;
  const Clock::duration cutting_;
  const std::string after_;  // what rules and last changes take for it
  std::optional<CursorSyntax> syntax_;  // set once it is needed
  Watcher watcher_;
  // Last: it calls the watcher.
  std::unique_ptr<RunningGeneration> generation_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_RUNNING_COMPLETION_H_
