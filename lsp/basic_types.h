// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_BASIC_TYPES_H_
#define KRAIT_LSP_BASIC_TYPES_H_

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "lsp/json.h"

namespace krait::lsp {

// A place in a document as the client names it: the unit of `character` is the
// negotiated PositionEncoding. Never passes beyond lsp and its session; see
// position.h for byte offsets.
struct Position {
  uint32_t line = 0;
  uint32_t character = 0;
  auto operator<=>(const Position&) const = default;
};

struct Range {
  Position start;
  Position end;  // exclusive
  bool operator==(const Range&) const = default;
};

struct Command {
  std::string title = {};
  std::string command = {};
  std::vector<RawJson> arguments = {};
};

// For "shutdown", "exit" and others whose params do not matter.
struct NoParams {};

base::Status FromJson(const JsonValue& json, Position* out);
base::Status FromJson(const JsonValue& json, Range* out);
base::Status FromJson(const JsonValue& json, NoParams* out);
// Reads `textDocument.uri`, which most params have.
base::Status ReadDocumentUri(const JsonValue& json, std::string* uri);
RawJson ToJson(const Position& position);
RawJson ToJson(const Range& range);
RawJson ToJson(const Command& command);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_BASIC_TYPES_H_
