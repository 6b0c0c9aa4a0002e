// SPDX-License-Identifier: Apache-2.0
#include "lsp/acceptance_types.h"

#include <string_view>
#include <vector>

#include "base/json_value.h"
#include "lsp/json_writer.h"

namespace krait::lsp {

using base::ObjectReader;
namespace {

void ReadItemId(ObjectReader& item, std::string* id) {
  item.RequireObject("command", [id](ObjectReader& command) {
    std::vector<std::string> arguments;
    command.Require("arguments", &arguments)
        .Check(!arguments.empty(), "arguments", "the suggestion's id");
    if (!arguments.empty()) *id = arguments.front();
  });
}

std::string_view ToText(StatusKind kind) {
  switch (kind) {
    case StatusKind::kNormal:
      return "Normal";
    case StatusKind::kError:
      return "Error";
    case StatusKind::kWarning:
      return "Warning";
    case StatusKind::kInactive:
      return "Inactive";
  }
  return "Normal";
}

}  // namespace

base::Status FromJson(const JsonValue& json, DidShowCompletionParams* out) {
  return ObjectReader(json)
      .RequireObject("item",
                     [out](ObjectReader& item) { ReadItemId(item, &out->id); })
      .status();
}

base::Status FromJson(const JsonValue& json, DidPartiallyAcceptParams* out) {
  return ObjectReader(json)
      .RequireObject("item",
                     [out](ObjectReader& item) { ReadItemId(item, &out->id); })
      .Require("acceptedLength", &out->accepted_length)
      .status();
}

base::Status FromJson(const JsonValue& json, DidFocusParams* out) {
  return ObjectReader(json)
      .OptionalObject(
          "textDocument",
          [out](ObjectReader& document) { document.Require("uri", &out->uri); })
      .Require("position", &out->position)
      .status();
}

RawJson ToJson(const DidChangeStatusParams& params) {
  return Serialize({{"busy", params.busy},
                    {"kind", ToText(params.kind)},
                    {"message", JsonString(params.message)},
                    {"krait", JsonOf(params.krait)}});
}

}  // namespace krait::lsp
