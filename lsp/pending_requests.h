// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_PENDING_REQUESTS_H_
#define KRAIT_LSP_PENDING_REQUESTS_H_

#include <map>
#include <mutex>
#include <stop_token>

#include "lsp/message.h"

namespace krait::lsp {

// The requests of a client that have no answer yet. Thread-safe.
class PendingRequests {
 public:
  // Returns false if a request with this id is pending already.
  bool Add(const RequestId& id, const std::stop_source& stop);
  void Remove(const RequestId& id);

  // Stops the request; does nothing if it is unknown, as when its answer
  // crossed the cancellation on the wire.
  void Cancel(const RequestId& id);
  void CancelAll();

 private:
  std::mutex mutex_;
  std::map<RequestId, std::stop_source> requests_;
};

}  // namespace krait::lsp

#endif  // KRAIT_LSP_PENDING_REQUESTS_H_
