// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_REPLY_H_
#define KRAIT_LSP_REPLY_H_

#include <memory>
#include <stop_token>
#include <string>

#include "lsp/error.h"
#include "lsp/json.h"
#include "lsp/message.h"
#include "lsp/outbox.h"

namespace krait::lsp {

class PendingRequests;

// The right to answer one request, once. Handlers keep it as long as the work
// takes and answer from wherever that ends. Copies share the one answer: the
// first wins and later ones are ignored. When the last copy goes without one,
// the client gets an error, so that no request ever hangs. Thread-safe, and
// harmless after the connection and the dispatcher are gone.
class Reply {
 public:
  // The answer goes to `outbox`, and `pending`, which has the request with its
  // `stop`, forgets it then.
  Reply(RequestId id, std::string method, std::shared_ptr<Outbox> outbox,
        std::shared_ptr<PendingRequests> pending, std::stop_source stop);

  const RequestId& id() const;
  const std::string& method() const;

  // Stops when the client cancels the request. The work should then end soon
  // and answer kRequestCancelled (dropping the reply does that too) or, if it
  // happens to be done, with its result.
  std::stop_token stop_token() const;
  // For the server to stop the work itself, as when a newer request supersedes
  // this one.
  std::stop_source stop_source() const;

  void Succeed(const RawJson& result) const;
  template <class Result>
  void Succeed(const Result& result) const {
    Succeed(ToJson(result));
  }
  void Fail(const Error& error) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace krait::lsp

#endif  // KRAIT_LSP_REPLY_H_
