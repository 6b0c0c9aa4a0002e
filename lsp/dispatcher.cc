// SPDX-License-Identifier: Apache-2.0
#include "lsp/dispatcher.h"

#include <utility>

#include "base/json_value.h"
#include "lsp/lifecycle_types.h"
#include "lsp/pending_requests.h"

namespace krait::lsp {
namespace {

// Names the method and the place: "textDocument/didOpen: params.textDocument".
Error InParams(const std::string& method, const base::Error& error) {
  return MakeError(ErrorCode::kInvalidParams,
                   method + ": params" + error.message);
}

}  // namespace

Dispatcher::Dispatcher(std::shared_ptr<Outbox> outbox,
                       std::shared_ptr<Client> client, Log log)
    : outbox_(std::move(outbox)),
      client_(std::move(client)),
      log_(std::move(log)),
      pending_(std::make_shared<PendingRequests>()) {}

void Dispatcher::Dispatch(std::string_view body) {
  const Message message = parser_.Parse(body);
  switch (message.kind) {
    case Message::Kind::kRequest:
      return HandleRequest(message);
    case Message::Kind::kNotification:
      return HandleNotification(message, body);
    case Message::Kind::kResponse:
      return HandleResponse(message);
    case Message::Kind::kInvalid:
      WriteLog("invalid message: " + message.error->message);
      outbox_->Send(ErrorText(message.id, *message.error));
      if (on_unread_) on_unread_(GlimpseOf(body), *message.error);
  }
}

void Dispatcher::HandleRequest(const Message& message) {
  const auto refuse = [&](const Error& error) {
    outbox_->Send(ErrorText(message.id, error));
  };
  if (Status allowed = CheckState(message.method); !allowed) {
    return refuse(allowed.error());
  }
  const auto handler = requests_.find(message.method);
  if (handler == requests_.end()) {
    return refuse(MakeError(ErrorCode::kMethodNotFound,
                            message.method + ": unknown request"));
  }
  const std::stop_source stop;
  if (!pending_->Add(message.id, stop)) {
    return refuse(MakeError(
        ErrorCode::kInvalidRequest,
        message.method + ": the id of a request that has no answer yet"));
  }
  const Reply reply(message.id, message.method, outbox_, pending_, stop);
  if (auto handled = handler->second(*message.payload, reply); !handled) {
    return reply.Fail(InParams(message.method, handled.error()));
  }
  if (message.method == "initialize") state_ = State::kRunning;
  if (message.method == "shutdown") state_ = State::kShutDown;
}

Status Dispatcher::CheckState(std::string_view method) const {
  const bool initialize = method == "initialize";
  if (state_ == State::kFresh && !initialize) {
    return MakeError(ErrorCode::kServerNotInitialized,
                     std::string(method) + ": expected initialize first");
  }
  if (state_ == State::kRunning && initialize) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "initialize: the server is initialized already");
  }
  if (state_ == State::kShutDown) {
    return MakeError(ErrorCode::kInvalidRequest,
                     std::string(method) + ": the server is shut down");
  }
  return {};
}

void Dispatcher::HandleNotification(const Message& message,
                                    std::string_view body) {
  if (message.method == "$/cancelRequest") {
    return HandleCancel(*message.payload);
  }
  // The protocol drops what comes too early or too late.
  if (state_ != State::kRunning && message.method != "exit") return;
  const auto handler = notifications_.find(message.method);
  if (handler == notifications_.end()) {
    if (!message.method.starts_with("$/")) {
      WriteLog(message.method + ": unknown notification");
    }
    return;
  }
  if (auto handled = handler->second(*message.payload); !handled) {
    const Error error = InParams(message.method, handled.error());
    WriteLog(error.message);
    if (on_unread_) on_unread_(GlimpseOf(body), error);
  }
}

void Dispatcher::HandleResponse(const Message& message) {
  Result<RawJson> response = RawJson{};
  if (message.error) {
    response = *message.error;
  } else {
    response = RawJson{message.payload->ToText()};
  }
  if (!client_->HandleResponse(message.id, response)) {
    WriteLog("response to unknown request " + ToText(message.id));
  }
}

void Dispatcher::HandleCancel(const JsonValue& json) {
  CancelParams params;
  if (auto read = FromJson(json, &params); !read) {
    return WriteLog(InParams("$/cancelRequest", read.error()).message);
  }
  pending_->Cancel(params.id);
}

void Dispatcher::CancelAll() {
  pending_->CancelAll();
}

void Dispatcher::WriteLog(const std::string& sentence) const {
  if (log_) log_(sentence);
}

}  // namespace krait::lsp
