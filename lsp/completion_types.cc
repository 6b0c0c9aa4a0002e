// SPDX-License-Identifier: Apache-2.0
#include "lsp/completion_types.h"

#include "base/json_value.h"
#include "lsp/json_writer.h"

namespace krait::lsp {

using base::ObjectReader;
namespace {

boost::json::object ItemOf(const InlineCompletionItem& item) {
  boost::json::object json{{"insertText", JsonString(item.insert_text)}};
  if (item.filter_text) json["filterText"] = JsonString(*item.filter_text);
  if (item.range) json["range"] = JsonOf(ToJson(*item.range));
  if (item.command) json["command"] = JsonOf(ToJson(*item.command));
  return json;
}

boost::json::object ItemOf(const CompletionItem& item) {
  boost::json::object json{{"label", JsonString(item.label)},
                           {"kind", static_cast<int>(item.kind)}};
  const auto add = [&json](std::string_view key, const std::string& value) {
    if (!value.empty()) json[key] = JsonString(value);
  };
  add("detail", item.detail);
  add("sortText", item.sort_text);
  add("filterText", item.filter_text);
  if (item.range) {
    json["textEdit"] = {{"range", JsonOf(ToJson(*item.range))},
                        {"newText", JsonString(item.insert_text)}};
  } else {
    add("insertText", item.insert_text);
  }
  if (item.preselect) json["preselect"] = true;
  if (item.command) json["command"] = JsonOf(ToJson(*item.command));
  return json;
}

template <class Item>
boost::json::array ItemsOf(const std::vector<Item>& items) {
  boost::json::array json;
  for (const Item& item : items) json.push_back(ItemOf(item));
  return json;
}

// The kinds count from 1 to `max`. Newer ones than we know mean the first.
template <class Kind>
void ReadKind(ObjectReader& context, Kind max, Kind* out) {
  uint32_t number = static_cast<uint32_t>(*out);
  context.Optional("triggerKind", &number)
      .Check(number > 0, "triggerKind", "an integer from 1");
  const bool known = number <= static_cast<uint32_t>(max);
  *out = known ? static_cast<Kind>(number) : Kind::kInvoked;
}

}  // namespace

base::Status FromJson(const JsonValue& json, SelectedCompletion* out) {
  return ObjectReader(json)
      .Require("range", &out->range)
      .Require("text", &out->text)
      .status();
}

base::Status FromJson(const JsonValue& json, InlineCompletionParams* out) {
  return ObjectReader(json)
      .RequireObject("textDocument",
                     [out](ObjectReader& document) {
                       document.Require("uri", &out->uri)
                           .Require("version", &out->version);
                     })
      .Require("position", &out->position)
      .OptionalObject("context",
                      [out](ObjectReader& context) {
                        ReadKind(context, InlineTriggerKind::kAutomatic,
                                 &out->trigger_kind);
                        context.Require("selectedCompletionInfo",
                                        &out->selected);
                      })
      .status();
}

base::Status FromJson(const JsonValue& json, CompletionParams* out) {
  return ObjectReader(json)
      .RequireObject(
          "textDocument",
          [out](ObjectReader& document) { document.Require("uri", &out->uri); })
      .Require("position", &out->position)
      .OptionalObject(
          "context",
          [out](ObjectReader& context) {
            ReadKind(context, CompletionTriggerKind::kIncompleteList,
                     &out->trigger_kind);
            context.Optional("triggerCharacter", &out->trigger_character);
          })
      .status();
}

RawJson ToJson(const InlineCompletionList& list) {
  return Serialize({{"items", ItemsOf(list.items)}});
}

RawJson ToJson(const CompletionList& list) {
  return Serialize(
      {{"isIncomplete", list.is_incomplete}, {"items", ItemsOf(list.items)}});
}

}  // namespace krait::lsp
