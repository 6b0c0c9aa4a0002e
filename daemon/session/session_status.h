// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_SESSION_STATUS_H_
#define KRAIT_DAEMON_SESSION_SESSION_STATUS_H_

#include <memory>
#include <optional>
#include <string>

#include "daemon/completion/completion_service.h"
#include "daemon/host/completion_host.h"
#include "lsp/client.h"

namespace krait::daemon {

// What one session's editor may show of krait at any time.
struct SessionActivity {
  bool busy = false;
  std::string inactive_because;  // for the document in focus; empty: it is not
  // Why an engine elsewhere is not asked; empty: it is, or there is none.
  std::string not_elsewhere_because;
  std::optional<completion::CompletionTrace> last;  // completion
};

// Tells an editor of changes by `didChangeStatus` (lsp/PROTOCOL.md). Only on
// the thread of its session.
class StatusNotifier {
 public:
  explicit StatusNotifier(std::shared_ptr<lsp::Client> client)
      : client_(std::move(client)) {}

  // Sends what is, unless it was sent before.
  void Update(const SessionActivity& activity, const CompletionHost& host);

 private:
  const std::shared_ptr<lsp::Client> client_;
  std::string sent_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_SESSION_STATUS_H_
