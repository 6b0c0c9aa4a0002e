// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_CLIENT_H_
#define KRAIT_LSP_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "lsp/error.h"
#include "lsp/json.h"
#include "lsp/message.h"
#include "lsp/outbox.h"

namespace krait::lsp {

// The other direction: notifications and requests from the server to the
// client. Thread-safe.
class Client {
 public:
  // The result, or the client's error.
  using OnResponse = std::function<void(const Result<RawJson>&)>;

  explicit Client(std::shared_ptr<Outbox> outbox)
      : outbox_(std::move(outbox)) {}

  template <class Params>
  void Notify(std::string_view method, const Params& params) {
    outbox_->Send(NotificationText(method, ToJson(params)));
  }

  // Calls `on_response` on the thread that dispatches messages; never, if the
  // client does not answer.
  template <class Params>
  void Call(std::string_view method, const Params& params,
            OnResponse on_response) {
    outbox_->Send(
        RequestText(Expect(std::move(on_response)), method, ToJson(params)));
  }

  // The dispatcher's part: hands a response to the call it answers. Returns
  // false if there is none.
  bool HandleResponse(const RequestId& id, const Result<RawJson>& response);

 private:
  RequestId Expect(OnResponse on_response);

  const std::shared_ptr<Outbox> outbox_;
  std::mutex mutex_;  // guards the rest
  int64_t next_id_ = 1;
  std::unordered_map<int64_t, OnResponse> calls_;
};

}  // namespace krait::lsp

#endif  // KRAIT_LSP_CLIENT_H_
