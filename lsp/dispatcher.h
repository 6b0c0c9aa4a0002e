// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_DISPATCHER_H_
#define KRAIT_LSP_DISPATCHER_H_

// Message bodies in, typed handler calls out:
//
//   Dispatcher dispatcher(outbox, client, log);
//   dispatcher.OnRequest<InlineCompletionParams>(
//       "textDocument/inlineCompletion",
//       [&](const InlineCompletionParams& params, Reply reply) {
//         service.Complete(..., reply.stop_token(), [reply](auto items) {
//           reply.Succeed(InlineCompletionList{items});
//         });
//       });
//   frame_reader.Consume(bytes, [&](std::string body) {
//     dispatcher.Dispatch(body);
//   });
//
// The dispatcher answers by itself what needs no handler: broken messages,
// unknown requests (MethodNotFound), requests before `initialize` or after
// `shutdown`, and params of the wrong form. `$/cancelRequest` stops the
// request's stop_token. Unknown notifications are logged, those whose name
// starts with "$/" ignored in silence as the protocol asks.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "lsp/client.h"
#include "lsp/error.h"
#include "lsp/glimpse.h"
#include "lsp/json.h"
#include "lsp/message.h"
#include "lsp/outbox.h"
#include "lsp/reply.h"

namespace krait::lsp {

// Thread-compatible: bind all methods, then dispatch from one strand.
class Dispatcher {
 public:
  // For what cannot be told to the client in an answer.
  using Log = std::function<void(std::string_view sentence)>;

  Dispatcher(std::shared_ptr<Outbox> outbox, std::shared_ptr<Client> client,
             Log log);

  // Binds a method. `Params` needs a FromJson (see json.h); use NoParams for
  // "shutdown" and "exit", RawJson to get the text. Bind at least
  // "initialize", "shutdown" and "exit".
  template <class Params>
  void OnRequest(std::string method,
                 std::function<void(const Params&, Reply)> handler) {
    requests_[std::move(method)] = [handler = std::move(handler)](
                                       const JsonValue& json,
                                       const Reply& reply) -> base::Status {
      Params params;
      if (auto read = FromJson(json, &params); !read) return read;
      handler(params, reply);
      return {};
    };
  }
  template <class Params>
  void OnNotification(std::string method,
                      std::function<void(const Params&)> handler) {
    notifications_[std::move(method)] =
        [handler = std::move(handler)](const JsonValue& json) -> base::Status {
      Params params;
      if (auto read = FromJson(json, &params); !read) return read;
      handler(params);
      return {};
    };
  }

  // Called for each message that could not be read, or whose params could not,
  // but for requests, which are answered with an error.
  using OnUnread = std::function<void(const Glimpse&, const Error&)>;
  void set_on_unread(OnUnread on_unread) { on_unread_ = std::move(on_unread); }

  // Handles one message body. Handlers run before it returns.
  void Dispatch(std::string_view body);

  // Stops all requests that are being worked on, as when the connection ends.
  void CancelAll();

  // Whether the client said `shutdown`, so that `exit` is no failure.
  bool ShutdownRequested() const { return state_ == State::kShutDown; }

 private:
  enum class State { kFresh, kRunning, kShutDown };
  // They fail if the params cannot be read.
  using RequestHandler =
      std::function<base::Status(const JsonValue&, const Reply&)>;
  using NotificationHandler = std::function<base::Status(const JsonValue&)>;

  void HandleRequest(const Message& message);
  void HandleNotification(const Message& message, std::string_view body);
  void HandleResponse(const Message& message);
  void HandleCancel(const JsonValue& params);
  // Returns why a request with this method is refused in the present state.
  Status CheckState(std::string_view method) const;
  void WriteLog(const std::string& sentence) const;

  const std::shared_ptr<Outbox> outbox_;
  const std::shared_ptr<Client> client_;
  const Log log_;
  OnUnread on_unread_;
  const std::shared_ptr<PendingRequests> pending_;
  MessageParser parser_;
  std::unordered_map<std::string, RequestHandler> requests_;
  std::unordered_map<std::string, NotificationHandler> notifications_;
  State state_ = State::kFresh;
};

}  // namespace krait::lsp

#endif  // KRAIT_LSP_DISPATCHER_H_
