// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/completion_host.h"

#include <utility>

namespace krait::daemon {

using engine::ErrorCode;
using engine::MakeError;

CompletionHost::CompletionHost(Loader loader, PostToOwner post,
                               OnLoaded on_loaded)
    : post_(std::move(post)) {
  thread_.Post([this, loader = std::move(loader),
                on_loaded = std::move(on_loaded)] { Load(loader, on_loaded); });
}

CompletionHost::~CompletionHost() {
  stopping_.request_stop();
}

void CompletionHost::Load(const Loader& loader, const OnLoaded& on_loaded) {
  auto ready = loader();
  if (!ready) {
    load_error_ = ready.error();
    post_([on_loaded, error = ready.error()] { on_loaded(error); });
    return;
  }
  generator_ = std::move(ready->generator);
  post_([on_loaded, description = std::move(ready->description)] {
    on_loaded(description);
  });
}

void CompletionHost::Complete(CompletionRequest request,
                              CompletionOptions options, std::stop_token stop,
                              OnDone on_done) {
  const auto queued = Clock::now();
  thread_.Post([this, request = std::move(request), options,
                stop = std::move(stop), on_done = std::move(on_done), queued] {
    const Clock::duration waited = Clock::now() - queued;
    auto completion = Run(request, options, stop);
    if (completion) completion->trace.queue = waited;
    post_(
        [on_done, completion = std::move(completion)] { on_done(completion); });
  });
}

engine::Result<Completion> CompletionHost::Run(const CompletionRequest& request,
                                               const CompletionOptions& options,
                                               const std::stop_token& stop) {
  if (stop.stop_requested()) {
    return MakeError(ErrorCode::kCancelled, "the request was cancelled");
  }
  if (load_error_) return *load_error_;
  // Either the request or the whole host may be stopped.
  std::stop_source either;
  const auto forward = [&either] { either.request_stop(); };
  const std::stop_callback on_request(stop, forward);
  const std::stop_callback on_host(stopping_.get_token(), forward);
  CompletionService service(*generator_);
  return service.Complete(request, options, either.get_token());
}

}  // namespace krait::daemon
