// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/context_memory.h"

#include <algorithm>
#include <utility>

namespace krait::completion {
namespace {

// Of which so much is the same says nothing new that all of the file were worth
// reading again for.
constexpr double kMostlyTheSame = 0.5;

}  // namespace

RepositoryContextPtr ContextMemory::Of(std::string_view document) const {
  const auto found = std::ranges::find(documents_, document, &Document::id);
  return found == documents_.end() ? nullptr : found->context;
}

RepositoryContextPtr ContextMemory::ToRead(
    std::string_view document, const RepositoryContextPtr& found, size_t tokens,
    const TokenCounter& count_tokens) const {
  if (found == nullptr || tokens == 0) return nullptr;
  const RepositoryContextPtr used = Of(document);
  if (used != nullptr && used->fingerprint() == found->fingerprint()) {
    return nullptr;
  }
  auto fits = std::make_shared<const RepositoryContext>(
      found->Within(tokens, count_tokens));
  if (fits->empty()) return nullptr;
  if (used != nullptr && fits->SharedWith(*used) >= kMostlyTheSame) {
    return nullptr;
  }
  return fits;
}

void ContextMemory::Use(std::string_view document,
                        RepositoryContextPtr context) {
  const auto found = std::ranges::find(documents_, document, &Document::id);
  if (found != documents_.end()) {
    documents_.erase(found);
  } else if (documents_.size() == kMostDocuments) {
    documents_.pop_back();
  }
  documents_.push_front({std::string(document), std::move(context)});
}

}  // namespace krait::completion
