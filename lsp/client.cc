// SPDX-License-Identifier: Apache-2.0
#include "lsp/client.h"

#include <utility>

namespace krait::lsp {

RequestId Client::Expect(OnResponse on_response) {
  const std::lock_guard lock(mutex_);
  const int64_t id = next_id_++;
  calls_.emplace(id, std::move(on_response));
  return id;
}

bool Client::HandleResponse(const RequestId& id,
                            const Result<RawJson>& response) {
  const auto* number = std::get_if<int64_t>(&id);
  if (number == nullptr) return false;
  OnResponse on_response;
  {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(*number);
    if (found == calls_.end()) return false;
    on_response = std::move(found->second);
    calls_.erase(found);
  }
  on_response(response);
  return true;
}

}  // namespace krait::lsp
