// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_DOCUMENT_KEY_H_
#define KRAIT_DAEMON_HOST_DOCUMENT_KEY_H_

#include <compare>
#include <cstdint>
#include <string>

namespace krait::daemon {

// A document of one editor.
struct DocumentKey {
  uint64_t session = 0;
  std::string uri;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a 0 in it
  auto operator<=>(const DocumentKey&) const = default;
};

// Returns what tells a document from all others, see
// completion::CompletionRequest. A file is the same in every editor, what has
// no file is not: each editor has its own "untitled:Untitled-1".
std::string IdentityOf(const DocumentKey& document);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_DOCUMENT_KEY_H_
