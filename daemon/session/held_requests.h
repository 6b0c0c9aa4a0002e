// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_HELD_REQUESTS_H_
#define KRAIT_DAEMON_SESSION_HELD_REQUESTS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lsp/document_store.h"
#include "lsp/error.h"
#include "lsp/reply.h"

namespace krait::daemon {

// Requests that wait until it is known whether their document may be read. A
// newer one for the document replaces the one before of the same method; one
// whose document changes meanwhile is for a place that is gone. All of these
// and those that the client cancels are answered RequestCancelled.
//
// All calls on one thread.
class HeldRequests {
 public:
  using IsReady = std::function<bool(const std::string& uri)>;
  using Newest = std::function<lsp::DocumentSnapshot(const std::string& uri)>;

  void Hold(lsp::DocumentSnapshot document, const lsp::Reply& reply,
            std::function<void()> run);
  // Runs those whose document is ready.
  void Release(const IsReady& is_ready, const Newest& newest);
  // Answers all of them.
  void FailAll(const lsp::Error& error);

 private:
  struct Held;

  std::vector<std::shared_ptr<Held>> held_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_HELD_REQUESTS_H_
