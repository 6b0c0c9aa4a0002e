// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_JSON_H_
#define KRAIT_LSP_JSON_H_

// How JSON crosses this layer. Incoming params are a JsonValue (see
// json_value.h), read into structs by functions
//
//   Status FromJson(const JsonValue& json, HoverParams* out);
//
// and outgoing ones are text, written by functions
//
//   RawJson ToJson(const HoverResult& result);
//
// both found by argument-dependent lookup next to the struct. So neither JSON
// library shows in a header that other layers include.

#include <string>

#include "lsp/error.h"

namespace krait::lsp {

// A parsed value, defined in json_value.h; valid while its message is handled.
class JsonValue;

// One JSON value as text, for what this layer only passes on (settings,
// command arguments) and for what is ready to be sent.
struct RawJson {
  std::string text = "null";
};

inline RawJson ToJson(RawJson json) {
  return json;
}
Status FromJson(const JsonValue& json, RawJson* out);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_JSON_H_
