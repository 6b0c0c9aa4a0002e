// SPDX-License-Identifier: Apache-2.0
#include "lsp/basic_types.h"

#include "base/json_value.h"
#include "lsp/json_writer.h"

namespace krait::lsp {

using base::ObjectReader;

base::Status FromJson(const JsonValue& json, Position* out) {
  return ObjectReader(json)
      .Require("line", &out->line)
      .Require("character", &out->character)
      .status();
}

base::Status FromJson(const JsonValue& json, Range* out) {
  return ObjectReader(json)
      .Require("start", &out->start)
      .Require("end", &out->end)
      .status();
}

base::Status FromJson(const JsonValue&, NoParams*) {
  return {};
}

base::Status FromJson(const JsonValue& json, RawJson* out) {
  out->text = json.ToText();
  return {};
}

base::Status ReadDocumentUri(const JsonValue& json, std::string* uri) {
  return ObjectReader(json)
      .RequireObject(
          "textDocument",
          [uri](ObjectReader& document) { document.Require("uri", uri); })
      .status();
}

RawJson ToJson(const Position& position) {
  return {"{\"line\":" + std::to_string(position.line) +
          ",\"character\":" + std::to_string(position.character) + "}"};
}

RawJson ToJson(const Range& range) {
  return {"{\"start\":" + ToJson(range.start).text +
          ",\"end\":" + ToJson(range.end).text + "}"};
}

RawJson ToJson(const Command& command) {
  boost::json::array arguments;
  for (const RawJson& argument : command.arguments) {
    arguments.push_back(JsonOf(argument));
  }
  return Serialize({{"title", JsonString(command.title)},
                    {"command", JsonString(command.command)},
                    {"arguments", std::move(arguments)}});
}

}  // namespace krait::lsp
