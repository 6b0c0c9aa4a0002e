// SPDX-License-Identifier: Apache-2.0
#include "lsp/pending_requests.h"

#include <utility>

namespace krait::lsp {

bool PendingRequests::Add(const RequestId& id, const std::stop_source& stop) {
  const std::lock_guard lock(mutex_);
  return requests_.try_emplace(id, stop).second;
}

void PendingRequests::Remove(const RequestId& id) {
  const std::lock_guard lock(mutex_);
  requests_.erase(id);
}

// Stop callbacks may answer the request and so come back to Remove: they run
// without the lock.
void PendingRequests::Cancel(const RequestId& id) {
  std::stop_source stop(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    stop = found->second;
  }
  stop.request_stop();
}

void PendingRequests::CancelAll() {
  std::map<RequestId, std::stop_source> requests;
  {
    const std::lock_guard lock(mutex_);
    requests = requests_;
  }
  for (auto& [id, stop] : requests) stop.request_stop();
}

}  // namespace krait::lsp
