// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_PENDING_COMPLETIONS_H_
#define KRAIT_DAEMON_SESSION_PENDING_COMPLETIONS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "daemon/completion/completion_service.h"
#include "lsp/document_store.h"
#include "lsp/error.h"
#include "lsp/position.h"
#include "lsp/reply.h"

namespace krait::daemon {

// A request that waits for its completion.
struct PendingCompletion {
  PendingCompletion(lsp::Reply to, lsp::DocumentSnapshot snapshot,
                    size_t cursor);

  lsp::Reply reply;
  std::stop_source stop;
  lsp::DocumentSnapshot document;
  size_t cursor_ofs;
  completion::CompletionRequest request;
  bool popup = false;  // textDocument/completion
  bool invoked = false;
  // What the popup's selection would replace and put there, if there is one.
  lsp::Range replaced;
  std::string selected;
  std::optional<std::stop_callback<std::function<void()>>> on_cancel;
};
using PendingPtr = std::shared_ptr<PendingCompletion>;

// The requests of one session that wait. A document has at most one of each
// method: a new one replaces the one before, which is answered RequestCancelled
// at once, as is one that the client cancels.
//
// Thread-compatible.
class PendingCompletions {
 public:
  PendingCompletions() = default;
  // Stops all, whose answers nobody wants any more.
  ~PendingCompletions();
  PendingCompletions(const PendingCompletions&) = delete;
  PendingCompletions& operator=(const PendingCompletions&) = delete;

  void Add(const PendingPtr& pending);
  // It was answered, or is about to be. It may have been replaced before.
  void Remove(const PendingPtr& pending);

  // Answers those of a document, or all.
  void Fail(const std::string& uri, const lsp::Error& error);
  void FailAll(const lsp::Error& error);

  bool empty() const { return documents_.empty(); }

  // From now on it is answered when the client cancels it.
  static void ListenForCancel(const PendingPtr& pending);

 private:
  using ByMethod = std::unordered_map<std::string, PendingPtr>;

  std::unordered_map<std::string, ByMethod> documents_;  // by URI; none empty
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_PENDING_COMPLETIONS_H_
