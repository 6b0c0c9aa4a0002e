// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_DOCUMENT_TYPES_H_
#define KRAIT_LSP_DOCUMENT_TYPES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lsp/basic_types.h"

namespace krait::lsp {

struct DidOpenParams {
  std::string uri = {};
  std::string language_id = {};
  int32_t version = 0;
  std::string text = {};
};

// Replaces `range`, or without one the whole text.
struct ContentChange {
  std::optional<Range> range = {};
  std::string text = {};
};

struct DidChangeParams {
  std::string uri = {};
  std::optional<int32_t> version =
      {};  // null or absent with some older clients
  std::vector<ContentChange> changes =
      {};  // each applies to the last one's result
};

struct DidCloseParams {
  std::string uri = {};
};

struct DidSaveParams {
  std::string uri = {};
};

// Krait's own, from a bridge to a daemon: what the bridge has of a document is
// not the editor's text.
struct LostDocumentParams {
  std::string uri = {};  // empty: all documents
  std::string language_id = {};
  std::string because = {};  // to be shown to the user; empty: it was already
};

base::Status FromJson(const JsonValue& json, DidOpenParams* out);
base::Status FromJson(const JsonValue& json, ContentChange* out);
base::Status FromJson(const JsonValue& json, DidChangeParams* out);
base::Status FromJson(const JsonValue& json, DidCloseParams* out);
base::Status FromJson(const JsonValue& json, DidSaveParams* out);
base::Status FromJson(const JsonValue& json, LostDocumentParams* out);
RawJson ToJson(const LostDocumentParams& params);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_DOCUMENT_TYPES_H_
