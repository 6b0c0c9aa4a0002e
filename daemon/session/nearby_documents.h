// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_NEARBY_DOCUMENTS_H_
#define KRAIT_DAEMON_SESSION_NEARBY_DOCUMENTS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "daemon/completion/text/nearby_text.h"
#include "lsp/document_store.h"

namespace krait::daemon {

// One state of an open document. Thread-safe, as the snapshot is.
class DocumentText final : public completion::TextSource {
 public:
  explicit DocumentText(lsp::DocumentSnapshot document)
      : document_(std::move(document)) {}

  const lsp::DocumentSnapshot& document() const { return document_; }
  // Lines end with \n, as those of the text that is completed.
  std::string Read(size_t max_bytes) const override;

 private:
  const lsp::DocumentSnapshot document_;
};

// Keeps one text for each document's state: they are told apart by that.
// Thread-compatible.
class NearbyDocuments {
 public:
  completion::NearbyText TextOf(const lsp::DocumentSnapshot& document);
  void Close(const std::string& uri) { texts_.erase(uri); }

 private:
  std::unordered_map<std::string, std::shared_ptr<const DocumentText>> texts_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_NEARBY_DOCUMENTS_H_
