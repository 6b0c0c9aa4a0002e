// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/middle_anchors.h"

#include <algorithm>
#include <functional>

namespace krait::daemon {
namespace {

// The one in use, and the one that was made ready in a pause; and those of
// another place to which the cursor may come back.
constexpr size_t kAnchorsPerDocument = 4;

// Documents that nobody closed must not pile up.
constexpr size_t kMostDocuments = 1000;

size_t HashOf(std::string_view text) {
  return std::hash<std::string_view>()(text);
}

}  // namespace

std::vector<size_t> MiddleAnchors::Find(
    const completion::GeneratorPrompt& prompt) const {
  std::vector<size_t> found;
  const auto document = documents_.find(std::string(prompt.document));
  if (document == documents_.end()) return found;
  const size_t size = prompt.prefix.size();
  const size_t suffix_hash = HashOf(prompt.suffix);
  for (auto anchor = document->second.rbegin();
       anchor != document->second.rend(); ++anchor) {
    const bool near =
        anchor->bytes <= size && size - anchor->bytes <= kMostBytes;
    if (!near || anchor->suffix_hash != suffix_hash) continue;
    if (anchor->prefix_hash != HashOf(prompt.prefix.substr(0, anchor->bytes))) {
      continue;
    }
    found.push_back(anchor->bytes);
  }
  return found;
}

size_t MiddleAnchors::NewFor(std::string_view prefix) {
  const size_t newline = prefix.rfind('\n');
  return newline == std::string_view::npos ? 0 : newline + 1;
}

void MiddleAnchors::Add(const completion::GeneratorPrompt& prompt,
                        size_t anchor) {
  if (documents_.size() >= kMostDocuments) documents_.clear();
  auto& anchors = documents_[std::string(prompt.document)];
  const Anchor added{.bytes = anchor,
                     .prefix_hash = HashOf(prompt.prefix.substr(0, anchor)),
                     .suffix_hash = HashOf(prompt.suffix)};
  std::erase_if(anchors, [&added](const Anchor& old) {
    return old.prefix_hash == added.prefix_hash &&
           old.suffix_hash == added.suffix_hash;
  });
  if (anchors.size() == kAnchorsPerDocument) anchors.erase(anchors.begin());
  anchors.push_back(added);
}

}  // namespace krait::daemon
