// SPDX-License-Identifier: Apache-2.0
#include "lsp/lifecycle_types.h"

#include "lsp/json_value.h"
#include "lsp/json_writer.h"

namespace krait::lsp {
namespace {

boost::json::array Strings(const std::vector<std::string>& strings) {
  boost::json::array array;
  for (const std::string& string : strings) {
    array.push_back(JsonString(string));
  }
  return array;
}

}  // namespace

Status FromJson(const JsonValue& json, ClientInfo* out) {
  return ObjectReader(json)
      .Require("name", &out->name)
      .Optional("version", &out->version)
      .status();
}

Status FromJson(const JsonValue& json, WorkspaceFolder* out) {
  return ObjectReader(json)
      .Require("uri", &out->uri)
      .Optional("name", &out->name)
      .status();
}

Status FromJson(const JsonValue& json, ClientCapabilities* out) {
  return ObjectReader(json)
      .OptionalObject("general",
                      [out](ObjectReader& general) {
                        general.Optional("positionEncodings",
                                         &out->position_encodings);
                      })
      .OptionalObject("textDocument",
                      [out](ObjectReader& document) {
                        document.OptionalObject("inlineCompletion",
                                                [out](ObjectReader&) {
                                                  out->inline_completion = true;
                                                });
                      })
      .OptionalObject("window",
                      [out](ObjectReader& window) {
                        window.Optional("workDoneProgress",
                                        &out->work_done_progress);
                      })
      .OptionalObject("workspace",
                      [out](ObjectReader& workspace) {
                        workspace.Optional("configuration", &out->configuration)
                            .Optional("workspaceFolders",
                                      &out->workspace_folders);
                      })
      .status();
}

Status FromJson(const JsonValue& json, InitializeParams* out) {
  std::string root_uri;
  Status status =
      ObjectReader(json)
          .Require("clientInfo", &out->client_info)
          .Require("processId", &out->process_id)
          .Optional("workspaceFolders", &out->workspace_folders)
          .Optional("rootUri", &root_uri)
          .Require("capabilities", &out->capabilities)
          .Require("initializationOptions", &out->initialization_options)
          .status();
  if (out->workspace_folders.empty() && !root_uri.empty()) {
    out->workspace_folders.push_back({.uri = root_uri, .name = ""});
  }
  return status;
}

RawJson ToJson(const InitializeResult& result) {
  constexpr int kIncremental = 2;
  boost::json::object capabilities{
      {"positionEncoding", ToText(result.position_encoding)},
      {"textDocumentSync",
       {{"openClose", true}, {"change", kIncremental}, {"save", true}}},
      {"workspace",
       {{"workspaceFolders",
         {{"supported", true}, {"changeNotifications", false}}}}}};
  if (result.inline_completion) {
    capabilities["inlineCompletionProvider"] = boost::json::object();
  }
  if (result.completion) {
    capabilities["completionProvider"] = {
        {"triggerCharacters", Strings(result.completion_trigger_characters)}};
  }
  if (!result.commands.empty()) {
    capabilities["executeCommandProvider"] = {
        {"commands", Strings(result.commands)}};
  }
  return Serialize({{"capabilities", std::move(capabilities)},
                    {"serverInfo",
                     {{"name", JsonString(result.server_name)},
                      {"version", JsonString(result.server_version)}}}});
}

Status FromJson(const JsonValue& json, CancelParams* out) {
  return ObjectReader(json).Require("id", &out->id).status();
}

Status FromJson(const JsonValue& json, DidChangeConfigurationParams* out) {
  return ObjectReader(json).Require("settings", &out->settings).status();
}

Status FromJson(const JsonValue& json, ExecuteCommandParams* out) {
  return ObjectReader(json)
      .Require("command", &out->command)
      .Optional("arguments", &out->arguments)
      .status();
}

Status FromJson(const JsonValue& json, ExplainParams* out) {
  return ReadDocumentUri(json, &out->uri);
}

RawJson ToJson(const ConfigurationParams& params) {
  boost::json::array items;
  for (const std::string& section : params.sections) {
    items.push_back(boost::json::object{{"section", JsonString(section)}});
  }
  return Serialize({{"items", std::move(items)}});
}

Result<std::vector<RawJson>> SplitArray(const RawJson& array) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto code = parser.parse(array.text).get(root)) {
    return MakeError(ErrorCode::kParseError,
                     std::string(": ") + simdjson::error_message(code));
  }
  std::vector<RawJson> items;
  if (Status read = FromJson(JsonValue(root), &items); !read) {
    return read.error();
  }
  return items;
}

}  // namespace krait::lsp
