// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_COMPLETION_HOST_H_
#define KRAIT_DAEMON_SERVER_COMPLETION_HOST_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator.h"
#include "daemon/server/work_thread.h"
#include "engine/error.h"

namespace krait::daemon {

// A generator that is ready to run, with a sentence about it for the log.
struct ReadyGenerator {
  std::unique_ptr<Generator> generator;
  std::string description;
};

// Runs one model on a thread of its own: loads it, then completes one request
// after the other. Requests that come before the model is there wait for it.
//
// All calls and all callbacks are on one thread, the owner's.
class CompletionHost {
 public:
  // Called on the host's thread.
  using Loader = std::function<engine::Result<ReadyGenerator>()>;
  // Brings a call to the owner's thread.
  using PostToOwner = std::function<void(std::function<void()>)>;
  // The description, or why there is no model.
  using OnLoaded = std::function<void(engine::Result<std::string>)>;
  using OnDone = std::function<void(engine::Result<Completion>)>;

  // Loading begins at once.
  CompletionHost(Loader loader, PostToOwner post, OnLoaded on_loaded);
  // Stops what is running. Callbacks that were not posted yet do not come.
  ~CompletionHost();

  // Completes as soon as the requests before are done. Once `stop` is
  // requested the answer is an error of kind kCancelled, at the latest after
  // one token or one batch of the prompt.
  void Complete(CompletionRequest request, CompletionOptions options,
                std::stop_token stop, OnDone on_done);

 private:
  void Load(const Loader& loader, const OnLoaded& on_loaded);
  engine::Result<Completion> Run(const CompletionRequest& request,
                                 const CompletionOptions& options,
                                 const std::stop_token& stop);

  const PostToOwner post_;
  std::stop_source stopping_;
  // On the host's thread only.
  std::unique_ptr<Generator> generator_;
  std::optional<engine::Error> load_error_;
  WorkThread thread_;  // last: ends before what its jobs use
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_COMPLETION_HOST_H_
