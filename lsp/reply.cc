// SPDX-License-Identifier: Apache-2.0
#include "lsp/reply.h"

#include <atomic>
#include <utility>

#include "lsp/pending_requests.h"

namespace krait::lsp {

struct Reply::State {
  State(RequestId request_id, std::string request_method,
        std::shared_ptr<Outbox> request_outbox,
        std::shared_ptr<PendingRequests> request_pending,
        std::stop_source request_stop)
      : id(std::move(request_id)),
        method(std::move(request_method)),
        outbox(std::move(request_outbox)),
        pending(std::move(request_pending)),
        stop(std::move(request_stop)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (answered) return;
    Answer(ErrorText(id, stop.stop_requested()
                             ? MakeError(ErrorCode::kRequestCancelled,
                                         method + ": cancelled")
                             : MakeError(ErrorCode::kInternalError,
                                         method + ": dropped unanswered")));
  }

  void Answer(std::string text) {
    if (answered.exchange(true)) return;
    // Before the client can see the answer and use the id again.
    pending->Remove(id);
    outbox->Send(std::move(text));
  }

  const RequestId id;
  const std::string method;
  const std::shared_ptr<Outbox> outbox;
  const std::shared_ptr<PendingRequests> pending;
  const std::stop_source stop;
  std::atomic<bool> answered = false;
};

Reply::Reply(RequestId id, std::string method, std::shared_ptr<Outbox> outbox,
             std::shared_ptr<PendingRequests> pending, std::stop_source stop)
    : state_(std::make_shared<State>(std::move(id), std::move(method),
                                     std::move(outbox), std::move(pending),
                                     std::move(stop))) {}

const RequestId& Reply::id() const {
  return state_->id;
}
const std::string& Reply::method() const {
  return state_->method;
}
std::stop_source Reply::stop_source() const {
  return state_->stop;
}
std::stop_token Reply::stop_token() const {
  return state_->stop.get_token();
}

void Reply::Succeed(const RawJson& result) const {
  state_->Answer(ResponseText(state_->id, result));
}

void Reply::Fail(const Error& error) const {
  state_->Answer(ErrorText(state_->id, error));
}

}  // namespace krait::lsp
