// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/nearby_documents.h"

#include <algorithm>

namespace krait::daemon {

std::string DocumentText::Read(size_t max_bytes) const {
  const lsp::Text& text = document_->text;
  std::string read = text.Copy(0, std::min(text.size(), max_bytes));
  std::string unix_lines;
  unix_lines.reserve(read.size());
  for (size_t i = 0; i < read.size(); ++i) {
    const bool pair =
        read[i] == '\r' && i + 1 < read.size() && read[i + 1] == '\n';
    if (!pair) unix_lines += read[i];
  }
  return unix_lines;
}

completion::NearbyText NearbyDocuments::TextOf(
    const lsp::DocumentSnapshot& document) {
  auto& text = texts_[document->uri];
  if (text == nullptr || text->document() != document) {
    text = std::make_shared<const DocumentText>(document);
  }
  return {.name = document->uri, .source = text};
}

}  // namespace krait::daemon
