// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_JSON_H_
#define KRAIT_LSP_JSON_H_

// How JSON crosses this layer. Incoming params are a JsonValue (see
// base/json_value.h), read into structs by functions
//
//   base::Status FromJson(const JsonValue& json, HoverParams* out);
//
// and outgoing ones are text, written by functions
//
//   RawJson ToJson(const HoverResult& result);
//
// both found by argument-dependent lookup next to the struct. So neither JSON
// library shows in a header that other layers include.

#include <string>

#include "base/result.h"
#include "lsp/error.h"

namespace krait::base {
class JsonValue;
}  // namespace krait::base

namespace krait::lsp {

using base::JsonValue;  // of params: valid while its message is handled

// One JSON value as text, for what this layer only passes on (settings,
// command arguments) and for what is ready to be sent.
struct RawJson {
  std::string text = "null";
};

inline RawJson ToJson(RawJson json) {
  return json;
}
base::Status FromJson(const JsonValue& json, RawJson* out);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_JSON_H_
