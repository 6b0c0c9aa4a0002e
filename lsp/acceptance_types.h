// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_ACCEPTANCE_TYPES_H_
#define KRAIT_LSP_ACCEPTANCE_TYPES_H_

// What clients say about the suggestions that they were given, and what the
// server says about its state: the names are those of copilot-language-server,
// as the protocol has none.

#include <cstdint>
#include <optional>
#include <string>

#include "lsp/basic_types.h"
#include "lsp/json.h"

namespace krait::lsp {

// textDocument/didShowCompletion. Of the item only the id counts: the first
// argument of its command.
struct DidShowCompletionParams {
  std::string id = {};
};

// textDocument/didPartiallyAcceptCompletion
struct DidPartiallyAcceptParams {
  std::string id = {};
  // From the start of the item's text, in UTF-16 units whatever the encoding
  // of positions, with what was accepted of it before.
  uint32_t accepted_length = 0;
};

// textDocument/didFocus. Without a document: another window has the focus.
struct DidFocusParams {
  std::optional<std::string> uri = {};
  std::optional<Position> position = {};  // of the cursor; only ours say it
};

enum class StatusKind : uint8_t { kNormal, kError, kWarning, kInactive };

struct DidChangeStatusParams {  // didChangeStatus, to the client
  bool busy = false;
  StatusKind kind = StatusKind::kNormal;
  std::string message = {};
  RawJson krait = {};  // an object of krait's own
};

base::Status FromJson(const JsonValue& json, DidShowCompletionParams* out);
base::Status FromJson(const JsonValue& json, DidPartiallyAcceptParams* out);
base::Status FromJson(const JsonValue& json, DidFocusParams* out);
RawJson ToJson(const DidChangeStatusParams& params);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_ACCEPTANCE_TYPES_H_
