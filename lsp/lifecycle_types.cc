// SPDX-License-Identifier: Apache-2.0
#include "lsp/lifecycle_types.h"

#include "base/json_value.h"
#include "lsp/json_writer.h"

namespace krait::lsp {

using base::ObjectReader;
namespace {

boost::json::array Strings(const std::vector<std::string>& strings) {
  boost::json::array array;
  for (const std::string& string : strings) {
    array.push_back(JsonString(string));
  }
  return array;
}

// Options of another form than an object are the session's to complain about.
bool HasIntroduction(const JsonValue& options) {
  if (options.IsMissing() || !options.element().is_object()) return false;
  const ObjectReader reader(options);
  return !reader.Field("editorInfo").IsMissingOrNull() ||
         !reader.Field("editorPluginInfo").IsMissingOrNull();
}

}  // namespace

base::Status FromJson(const JsonValue& json, ClientInfo* out) {
  return ObjectReader(json)
      .Require("name", &out->name)
      .Optional("version", &out->version)
      .status();
}

base::Status FromJson(const JsonValue& json, WorkspaceFolder* out) {
  return ObjectReader(json)
      .Require("uri", &out->uri)
      .Optional("name", &out->name)
      .status();
}

base::Status FromJson(const JsonValue& json, ClientCapabilities* out) {
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
      .OptionalObject(
          "workspace",
          [out](ObjectReader& workspace) {
            workspace.Optional("configuration", &out->configuration)
                .Optional("workspaceFolders", &out->workspace_folders)
                .OptionalObject("didChangeConfiguration",
                                [out](ObjectReader& change) {
                                  change.Optional(
                                      "dynamicRegistration",
                                      &out->registers_configuration);
                                })
                .OptionalObject(
                    "didChangeWatchedFiles", [out](ObjectReader& watched) {
                      watched.Optional("dynamicRegistration",
                                       &out->registers_watched_files);
                    });
          })
      .status();
}

base::Status FromJson(const JsonValue& json, InitializeParams* out) {
  std::string root_uri;
  ObjectReader reader(json);
  base::Status status =
      reader.Require("clientInfo", &out->client_info)
          .Require("processId", &out->process_id)
          .Optional("workspaceFolders", &out->workspace_folders)
          .Optional("rootUri", &root_uri)
          .Require("capabilities", &out->capabilities)
          .Require("initializationOptions", &out->initialization_options)
          .status();
  if (out->workspace_folders.empty() && !root_uri.empty()) {
    out->workspace_folders.push_back({.uri = root_uri, .name = ""});
  }
  if (status) {
    out->introduced = HasIntroduction(reader.Field("initializationOptions"));
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
         {{"supported", true}, {"changeNotifications", true}}}}}};
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
  if (!result.requests.empty()) {
    capabilities["experimental"] = {
        {"krait",
         {{"version", JsonString(result.server_version)},
          {"requests", Strings(result.requests)}}}};
  }
  return Serialize({{"capabilities", std::move(capabilities)},
                    {"serverInfo",
                     {{"name", JsonString(result.server_name)},
                      {"version", JsonString(result.server_version)}}}});
}

base::Status FromJson(const JsonValue& json, CancelParams* out) {
  // An alias of the standard library's: lookup by argument does not find it.
  const auto read = FromJson(ObjectReader(json).Field("id"), &out->id);
  if (!read) return base::InField("id", read.error());
  return {};
}

base::Status FromJson(const JsonValue& json,
                      DidChangeConfigurationParams* out) {
  return ObjectReader(json).Require("settings", &out->settings).status();
}

base::Status FromJson(const JsonValue& json,
                      DidChangeWorkspaceFoldersParams* out) {
  return ObjectReader(json)
      .RequireObject("event",
                     [out](ObjectReader& event) {
                       event.Optional("added", &out->added)
                           .Optional("removed", &out->removed);
                     })
      .status();
}

base::Status FromJson(const JsonValue& json, FileEvent* out) {
  return ObjectReader(json).Require("uri", &out->uri).status();
}

base::Status FromJson(const JsonValue& json, DidChangeWatchedFilesParams* out) {
  return ObjectReader(json).Require("changes", &out->changes).status();
}

base::Status FromJson(const JsonValue& json, ExecuteCommandParams* out) {
  return ObjectReader(json)
      .Require("command", &out->command)
      .Optional("arguments", &out->arguments)
      .status();
}

base::Status FromJson(const JsonValue& json, ExplainParams* out) {
  return ReadDocumentUri(json, &out->uri);
}

base::Status FromJson(const JsonValue& json, AskTurn* out) {
  return ObjectReader(json)
      .Require("question", &out->question)
      .Require("answer", &out->answer)
      .status();
}

base::Status FromJson(const JsonValue& json, AskParams* out) {
  return ObjectReader(json)
      .Require("question", &out->question)
      .Optional("earlier", &out->earlier)
      .OptionalObject(
          "textDocument",
          [out](ObjectReader& document) { document.Require("uri", &out->uri); })
      .Optional("partialResultToken", &out->partial_result_token)
      .status();
}

RawJson ToJson(const AskProgressParams& params) {
  return Serialize(
      {{"token", JsonOf(params.token)},
       {"value", boost::json::object{{"text", JsonString(params.text)}}}});
}

RawJson ToJson(const ConfigurationParams& params) {
  boost::json::array items;
  for (const std::string& section : params.sections) {
    items.push_back(boost::json::object{{"section", JsonString(section)}});
  }
  return Serialize({{"items", std::move(items)}});
}

RawJson ToJson(const RegistrationParams& params) {
  const boost::json::object registration{
      {"id", JsonString(params.id)},
      {"method", JsonString(params.method)},
      {"registerOptions", JsonOf(params.options)}};
  return Serialize({{"registrations", boost::json::array{registration}}});
}

Result<std::vector<RawJson>> SplitArray(const RawJson& text) {
  const auto array = base::JsonDocument::Parse(text.text);
  if (!array) return MakeError(ErrorCode::kParseError, array.error().message);
  std::vector<RawJson> items;
  if (auto read = FromJson(array->root(), &items); !read) {
    return MakeError(ErrorCode::kInvalidParams, read.error().message);
  }
  return items;
}

}  // namespace krait::lsp
