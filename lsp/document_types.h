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

Status FromJson(const JsonValue& json, DidOpenParams* out);
Status FromJson(const JsonValue& json, ContentChange* out);
Status FromJson(const JsonValue& json, DidChangeParams* out);
Status FromJson(const JsonValue& json, DidCloseParams* out);
Status FromJson(const JsonValue& json, DidSaveParams* out);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_DOCUMENT_TYPES_H_
