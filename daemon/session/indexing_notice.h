// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_INDEXING_NOTICE_H_
#define KRAIT_DAEMON_SESSION_INDEXING_NOTICE_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "lsp/window.h"

namespace krait::daemon {

// Shows an editor that can how far an index is that takes a while to be made.
// All calls on one thread.
class IndexingNotice {
 public:
  explicit IndexingNotice(std::shared_ptr<lsp::Client> client)
      : client_(std::move(client)) {}

  // Files done, of so many; it ends when all are.
  void Show(size_t done, size_t total);

 private:
  const std::shared_ptr<lsp::Client> client_;
  std::unique_ptr<lsp::Progress> progress_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_INDEXING_NOTICE_H_
