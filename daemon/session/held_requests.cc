// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/held_requests.h"

#include <algorithm>
#include <optional>
#include <stop_token>
#include <utility>

#include "daemon/session/lsp_errors.h"

namespace krait::daemon {

struct HeldRequests::Held {
  Held(lsp::DocumentSnapshot snapshot, lsp::Reply to,
       std::function<void()> when_ready)
      : document(std::move(snapshot)),
        reply(std::move(to)),
        run(std::move(when_ready)) {}

  lsp::DocumentSnapshot document;
  lsp::Reply reply;
  std::function<void()> run;
  std::optional<std::stop_callback<std::function<void()>>> on_cancel;
};

void HeldRequests::Hold(lsp::DocumentSnapshot document, const lsp::Reply& reply,
                        std::function<void()> run) {
  const auto replaced =
      std::find_if(held_.begin(), held_.end(), [&](const auto& held) {
        return held->document->uri == document->uri &&
               held->reply.method() == reply.method();
      });
  if (replaced != held_.end()) {
    (*replaced)->reply.Fail(Superseded());
    held_.erase(replaced);
  }
  auto held =
      std::make_shared<Held>(std::move(document), reply, std::move(run));
  // Answered at once; what is left of it does nothing when it is released.
  held->on_cancel.emplace(reply.stop_token(),
                          [weak = std::weak_ptr<Held>(held)] {
                            const auto cancelled = weak.lock();
                            if (cancelled == nullptr) return;
                            cancelled->reply.Fail(CancelledByClient());
                          });
  held_.push_back(std::move(held));
}

void HeldRequests::Release(const IsReady& is_ready, const Newest& newest) {
  const auto ready = std::stable_partition(
      held_.begin(), held_.end(),
      [&](const auto& held) { return !is_ready(held->document->uri); });
  const std::vector<std::shared_ptr<Held>> released(
      std::make_move_iterator(ready), std::make_move_iterator(held_.end()));
  held_.erase(ready, held_.end());
  for (const auto& held : released) {
    held->on_cancel.reset();
    if (held->reply.stop_token().stop_requested()) continue;
    if (newest(held->document->uri) == held->document) {
      held->run();
    } else {
      held->reply.Fail(DocumentChanged());
    }
  }
}

void HeldRequests::FailAll(const lsp::Error& error) {
  for (const auto& held : std::exchange(held_, {})) held->reply.Fail(error);
}

}  // namespace krait::daemon
