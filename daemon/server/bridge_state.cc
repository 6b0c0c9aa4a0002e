// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/bridge_state.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "daemon/json_text.h"
#include "daemon/server/bridge_protocol.h"
#include "lsp/document_types.h"
#include "lsp/error.h"
#include "lsp/json_value.h"
#include "lsp/lifecycle_types.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;
using Kind = lsp::Message::Kind;

// Our own `initialize` to another daemon; no editor's id looks like this.
constexpr std::string_view kReplayId = "krait-bridge/";

bool IsReplayId(const lsp::RequestId& id) {
  const auto* text = std::get_if<std::string>(&id);
  return text != nullptr && text->starts_with(kReplayId);
}

// Takes one from a count; whether there was one.
bool TakeOne(std::map<lsp::RequestId, size_t>* counts,
             const lsp::RequestId& id) {
  const auto found = counts->find(id);
  if (found == counts->end()) return false;
  if (--found->second == 0) counts->erase(found);
  return true;
}

}  // namespace

// Messages on their way -------------------------------------------------------

bool BridgeState::FromEditor(std::string_view body) {
  const lsp::Message message = parser_.Parse(body);
  switch (message.kind) {
    case Kind::kRequest:
      SeeRequest(message, body);
      return true;
    case Kind::kNotification:
      SeeNotification(message, body);
      return true;
    case Kind::kResponse:
      if (TakeOne(&orphans_, message.id)) return false;
      (void)TakeOne(&asked_, message.id);
      return true;
    case Kind::kInvalid:  // the daemon tells the editor what is wrong
      return true;
  }
  return true;
}

void BridgeState::SeeRequest(const lsp::Message& message,
                             std::string_view body) {
  waiting_[message.id] = message.method;
  if (message.method == "shutdown") shut_down_ = true;
  if (message.method != "initialize" || beginning_) return;
  beginning_ = Beginning{
      .id = message.id,
      .body = std::string(body),
      .params = {message.payload->IsMissing() ? "{}"
                                              : message.payload->ToText()}};
  lsp::InitializeParams params;
  if (FromJson(*message.payload, &params)) {
    documents_.set_encoding(
        lsp::NegotiateEncoding(params.capabilities.position_encodings));
  }
}

// What cannot be read or applied is the daemon's to complain about.
void BridgeState::SeeNotification(const lsp::Message& message,
                                  std::string_view body) {
  const auto& [method, payload] = std::pair(message.method, message.payload);
  if (method == "initialized") {
    initialized_ = body;
  } else if (method == "workspace/didChangeConfiguration") {
    settings_ = body;
  } else if (method == "workspace/didChangeWorkspaceFolders") {
    SeeFolders(*payload);
  } else if (method == "exit") {
    exit_code_ = shut_down_ ? 0 : 1;
  } else if (method == "textDocument/didOpen") {
    lsp::DidOpenParams params;
    if (FromJson(*payload, &params)) (void)documents_.Open(std::move(params));
  } else if (method == "textDocument/didChange") {
    lsp::DidChangeParams params;
    if (FromJson(*payload, &params)) (void)documents_.Change(params);
  } else if (method == "textDocument/didClose") {
    lsp::DidCloseParams params;
    if (FromJson(*payload, &params)) (void)documents_.Close(params);
  }
}

void BridgeState::SeeFolders(const lsp::JsonValue& params) {
  lsp::DidChangeWorkspaceFoldersParams change;
  if (!FromJson(params, &change)) return;
  for (const lsp::WorkspaceFolder& folder : change.removed) {
    if (added_folders_.erase(folder.uri) == 0) {
      removed_folders_[folder.uri] = folder;
    }
  }
  for (const lsp::WorkspaceFolder& folder : change.added) {
    if (removed_folders_.erase(folder.uri) == 0) {
      added_folders_[folder.uri] = folder;
    }
  }
}

std::string BridgeState::FolderChanges() const {
  const auto list = [](const auto& folders) {
    json::array array;
    for (const auto& [uri, folder] : folders) {
      array.push_back({{"uri", folder.uri}, {"name", folder.name}});
    }
    return array;
  };
  const json::object params{
      {"event",
       {{"added", list(added_folders_)}, {"removed", list(removed_folders_)}}}};
  return lsp::NotificationText("workspace/didChangeWorkspaceFolders",
                               lsp::RawJson{JsonText(params)});
}

bool BridgeState::FromDaemon(std::string_view body) {
  const lsp::Message message = parser_.Parse(body);
  switch (message.kind) {
    case Kind::kResponse:
      if (IsReplayId(message.id)) return false;
      if (beginning_ && message.id == beginning_->id) {
        beginning_->answered = true;
      }
      // An answer that the editor has had already does not come twice.
      return waiting_.erase(message.id) > 0 ||
             std::holds_alternative<std::monostate>(message.id);
    case Kind::kRequest:
      ++asked_[message.id];
      return true;
    case Kind::kNotification:
      if (message.method == "$/progress") SeeProgress(*message.payload);
      if (message.method != kGoodbyeMethod) return true;
      goodbye_ = true;
      return false;
    case Kind::kInvalid:
      return false;
  }
  return true;
}

// The end of what a daemon was doing is shown even if it died.
void BridgeState::SeeProgress(const lsp::JsonValue& params) {
  std::string token;
  std::string kind;
  lsp::ObjectReader(params)
      .Require("token", &token)
      .RequireObject("value", [&kind](lsp::ObjectReader& value) {
        value.Require("kind", &kind);
      });
  if (kind == "begin") progress_.insert(token);
  if (kind == "end") progress_.erase(token);
}

bool BridgeState::NeedsDaemon(std::string_view body) {
  const lsp::Message message = parser_.Parse(body);
  if (message.kind == Kind::kInvalid) return true;
  return message.kind == Kind::kRequest && message.method != "shutdown";
}

std::optional<std::string> BridgeState::AnswerAlone() {
  for (const auto& [id, method] : waiting_) {
    if (method != "shutdown") continue;
    std::string answer = lsp::ResponseText(id, lsp::RawJson{});
    waiting_.erase(id);
    return answer;
  }
  return std::nullopt;
}

// Another daemon --------------------------------------------------------------

std::vector<std::string> BridgeState::Lose() {
  std::vector<std::string> answers;
  for (const auto& [id, method] : std::exchange(waiting_, {})) {
    if (method == "shutdown") {
      answers.push_back(lsp::ResponseText(id, lsp::RawJson{}));
    } else if (beginning_ && id == beginning_->id && !beginning_->answered) {
      waiting_[id] = method;  // replayed: the next daemon answers it
    } else {
      answers.push_back(lsp::ErrorText(
          id, lsp::MakeError(lsp::ErrorCode::kRequestFailed,
                             method + ": krait's daemon ended before the "
                                      "answer; please ask again")));
    }
  }
  for (const auto& [id, count] : std::exchange(asked_, {})) {
    orphans_[id] += count;
  }
  for (const std::string& token : std::exchange(progress_, {})) {
    json::object end;
    end["token"] = token;
    end["value"] = {{"kind", "end"}};
    answers.push_back(
        lsp::NotificationText("$/progress", lsp::RawJson{JsonText(end)}));
  }
  goodbye_ = false;
  return answers;
}

std::vector<std::string> BridgeState::Replay() {
  std::vector<std::string> bodies;
  if (!beginning_) return bodies;
  if (!beginning_->answered) {
    bodies.push_back(beginning_->body);
  } else {
    bodies.push_back(
        lsp::RequestText(fmt::format("{}{}", kReplayId, ++replays_),
                         "initialize", beginning_->params));
  }
  if (initialized_) bodies.push_back(*initialized_);
  if (settings_) bodies.push_back(*settings_);
  if (!added_folders_.empty() || !removed_folders_.empty()) {
    bodies.push_back(FolderChanges());
  }
  for (const auto& document : documents_.All()) {
    bodies.push_back(Opening(*document));
  }
  return bodies;
}

std::string BridgeState::Opening(const lsp::Document& document) const {
  json::object item;
  item["uri"] = document.uri;
  item["languageId"] = document.language_id;
  item["version"] = document.version;
  item["text"] = document.text.ToString();
  json::object params;
  params["textDocument"] = std::move(item);
  return lsp::NotificationText("textDocument/didOpen",
                               lsp::RawJson{JsonText(params)});
}

// The user --------------------------------------------------------------------

std::vector<std::string> BridgeState::Tell(lsp::MessageType type,
                                           std::string sentence) {
  untold_.emplace_back(type, std::move(sentence));
  return TakeUntold();
}

std::vector<std::string> BridgeState::TakeUntold() {
  std::vector<std::string> bodies;
  // Before `initialize` is answered the protocol forbids us to speak.
  if (!beginning_ || !beginning_->answered) return bodies;
  for (const auto& [type, sentence] : std::exchange(untold_, {})) {
    const bool show =
        type == lsp::MessageType::kError || type == lsp::MessageType::kWarning;
    bodies.push_back(lsp::NotificationText(
        show ? "window/showMessage" : "window/logMessage",
        ToJson(lsp::MessageParams{.type = type, .message = sentence})));
  }
  return bodies;
}

}  // namespace krait::daemon
