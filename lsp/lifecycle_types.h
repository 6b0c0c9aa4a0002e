// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_LIFECYCLE_TYPES_H_
#define KRAIT_LSP_LIFECYCLE_TYPES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lsp/json.h"
#include "lsp/message.h"
#include "lsp/position.h"

namespace krait::lsp {

// initialize ----------------------------------------------------------------

struct ClientInfo {
  std::string name = {};
  std::string version = {};  // may be empty
};

struct WorkspaceFolder {
  std::string uri = {};
  std::string name = {};
};

// What krait uses of the client's capabilities.
struct ClientCapabilities {
  std::vector<std::string> position_encodings = {};  // in the client's order
  bool inline_completion = false;   // textDocument.inlineCompletion
  bool work_done_progress = false;  // window.workDoneProgress
  bool configuration = false;       // workspace.configuration
  bool workspace_folders = false;   // workspace.workspaceFolders
  // workspace.didChangeConfiguration.dynamicRegistration
  bool registers_configuration = false;
  // workspace.didChangeWatchedFiles.dynamicRegistration
  bool registers_watched_files = false;
};

struct InitializeParams {
  std::optional<ClientInfo> client_info = {};
  std::optional<int64_t> process_id = {};  // the parent to end with, if any
  // The folders, or else the one of the older `rootUri`.
  std::vector<WorkspaceFolder> workspace_folders = {};
  ClientCapabilities capabilities = {};
  std::optional<RawJson> initialization_options = {};
  // Whether the options have `editorInfo` or `editorPluginInfo`, by which
  // clients of copilot-language-server introduce themselves.
  bool introduced = false;
};

// What the server can do. Documents are always synchronised incrementally,
// with open, close and save notifications.
struct InitializeResult {
  std::string server_name = {};
  std::string server_version = {};
  PositionEncoding position_encoding = PositionEncoding::kUtf16;
  bool inline_completion = false;
  bool completion = false;
  std::vector<std::string> completion_trigger_characters = {};
  std::vector<std::string> commands = {};  // of workspace/executeCommand
  std::vector<std::string> requests = {};  // krait's own
};

base::Status FromJson(const JsonValue& json, ClientInfo* out);
base::Status FromJson(const JsonValue& json, WorkspaceFolder* out);
base::Status FromJson(const JsonValue& json, ClientCapabilities* out);
base::Status FromJson(const JsonValue& json, InitializeParams* out);
RawJson ToJson(const InitializeResult& result);

// Other requests and notifications of the life cycle ------------------------

struct CancelParams {  // $/cancelRequest
  RequestId id = {};
};

struct DidChangeConfigurationParams {
  RawJson settings = {};
};

struct DidChangeWorkspaceFoldersParams {
  std::vector<WorkspaceFolder> added = {};
  std::vector<WorkspaceFolder> removed = {};
};

// Files that were made, written or deleted, by whoever it was; which of these
// does not matter.
struct FileEvent {
  std::string uri = {};
};
struct DidChangeWatchedFilesParams {
  std::vector<FileEvent> changes = {};
};

// client/registerCapability, for one method.
struct RegistrationParams {
  std::string id = {};
  std::string method = {};
  RawJson options = {};
};

// workspace/configuration, asked of the client: the answer is an array with
// one value for each section, in order.
struct ConfigurationParams {
  std::vector<std::string> sections = {};
};

struct ExecuteCommandParams {
  std::string command = {};
  std::vector<RawJson> arguments = {};
};

struct ExplainParams {  // krait/explain
  std::string uri = {};
};

struct AskTurn {  // a question of the conversation so far, and its answer
  std::string question = {};
  std::string answer = {};
};

struct AskParams {  // krait/ask
  std::string question = {};
  std::vector<AskTurn> earlier = {};    // the oldest first
  std::optional<std::string> uri = {};  // of the document in front of the user
  // What a partial result is told by; null: none is wanted.
  std::optional<RawJson> partial_result_token = {};
};

struct AskProgressParams {  // $/progress of krait/ask
  RawJson token = {};
  std::string text = {};  // what was said since the last one
};

base::Status FromJson(const JsonValue& json, CancelParams* out);
base::Status FromJson(const JsonValue& json, DidChangeConfigurationParams* out);
base::Status FromJson(const JsonValue& json,
                      DidChangeWorkspaceFoldersParams* out);
base::Status FromJson(const JsonValue& json, FileEvent* out);
base::Status FromJson(const JsonValue& json, DidChangeWatchedFilesParams* out);
base::Status FromJson(const JsonValue& json, ExecuteCommandParams* out);
base::Status FromJson(const JsonValue& json, ExplainParams* out);
base::Status FromJson(const JsonValue& json, AskTurn* out);
base::Status FromJson(const JsonValue& json, AskParams* out);
RawJson ToJson(const AskProgressParams& params);
RawJson ToJson(const ConfigurationParams& params);
RawJson ToJson(const RegistrationParams& params);

// Returns the elements of a JSON array as text each, as for the answer to
// workspace/configuration.
Result<std::vector<RawJson>> SplitArray(const RawJson& array);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_LIFECYCLE_TYPES_H_
