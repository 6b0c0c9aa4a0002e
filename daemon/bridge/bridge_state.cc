// SPDX-License-Identifier: Apache-2.0
#include "daemon/bridge/bridge_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <iterator>
#include <utility>

#include "base/json_text.h"
#include "base/json_value.h"
#include "daemon/bridge/document_replay.h"
#include "daemon/io/bridge_protocol.h"
#include "lsp/document_types.h"
#include "lsp/error.h"
#include "lsp/frame.h"
#include "lsp/lifecycle_types.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;
using Kind = lsp::Message::Kind;

// Our own `initialize` to another daemon; no editor's id looks like this.
constexpr std::string_view kReplayId = "krait-bridge/";
constexpr std::string_view kSettingsMethod = "workspace/didChangeConfiguration";

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
      SeeResponse(message);
      return true;
    case Kind::kInvalid:  // the daemon tells the editor what is wrong
      // By an answer, if the message has an id.
      if (!std::holds_alternative<std::monostate>(message.id)) {
        waiting_.emplace(message.id, message.method);
      }
      SeeUnread(lsp::GlimpseOf(body), body);
      return true;
  }
  return true;
}

void BridgeState::SeeRequest(const lsp::Message& message,
                             std::string_view body) {
  waiting_.emplace(message.id, message.method);
  if (message.method == "shutdown") shut_down_ = true;
  if (message.method != "initialize" || beginning_) return;
  beginning_ = Beginning{
      .id = message.id,
      .body = std::string(body),
      .params = {message.payload->IsMissing() ? "{}"
                                              : message.payload->ToText()}};
  lsp::InitializeParams params;
  if (FromJson(*message.payload, &params)) {
    editor_process_ = params.process_id;
    documents_.set_encoding(
        lsp::NegotiateEncoding(params.capabilities.position_encodings));
  }
}

void BridgeState::SeeResponse(const lsp::Message& message) {
  (void)TakeOne(&asked_, message.id);
  if (settings_asked_.erase(message.id) == 0) return;
  // An editor that refuses has no settings.
  settings_answer_ = message.error ? "null" : message.payload->ToText();
}

BridgeState::Instead BridgeState::TooLarge(const lsp::Glimpse& glimpse) {
  Instead instead;
  const lsp::Error error = lsp::TooLarge(glimpse);
  if (glimpse.is_request()) {
    instead.to_editor.push_back(lsp::ErrorText(*glimpse.id, error));
  }
  if (glimpse.method == kSettingsMethod) {
    // As wrong as those that nobody can read.
    settings_ = lsp::NotificationText(
        kSettingsMethod,
        lsp::RawJson{R"({"settings":{"krait":"over the limit"}})"});
    instead.to_daemon.push_back(*settings_);
  }
  for (const std::string& uri : documents_.LoseBy(glimpse)) {
    const lsp::LostDocumentParams lost{.uri = uri,
                                       .language_id = glimpse.language_id,
                                       .because = error.message};
    instead.to_daemon.push_back(
        lsp::NotificationText(kLostDocumentMethod, ToJson(lost)));
  }
  return instead;
}

// What cannot be read or applied is the daemon's to complain about.
void BridgeState::SeeNotification(const lsp::Message& message,
                                  std::string_view body) {
  const auto& [method, payload] = std::pair(message.method, message.payload);
  if (method == "initialized") {
    initialized_ = body;
  } else if (method == kSettingsMethod) {
    settings_ = body;
    // What is pushed is newer than what was pulled; null says: pull again.
    const std::string pushed =
        base::ObjectReader(*payload).Field("settings").ToText();
    if (pushed != "null") settings_answer_.reset();
  } else if (method == "workspace/didChangeWorkspaceFolders") {
    SeeFolders(*payload);
  } else if (method == "exit") {
    exit_code_ = shut_down_ ? 0 : 1;
  } else if (!SeeDocument(message)) {
    SeeUnread(lsp::GlimpseOf(body), body);
  }
}

void BridgeState::SeeUnread(const lsp::Glimpse& glimpse,
                            std::string_view body) {
  (void)documents_.LoseBy(glimpse);
  // What settings could not be read another daemon must know, too.
  if (glimpse.method == kSettingsMethod) settings_ = body;
}

bool BridgeState::SeeDocument(const lsp::Message& message) {
  if (message.method == "textDocument/didOpen") {
    lsp::DidOpenParams params;
    if (!FromJson(*message.payload, &params)) return false;
    (void)documents_.Open(std::move(params));
  } else if (message.method == "textDocument/didChange") {
    lsp::DidChangeParams params;
    if (!FromJson(*message.payload, &params)) return false;
    (void)documents_.Change(params);
  } else if (message.method == "textDocument/didClose") {
    lsp::DidCloseParams params;
    if (!FromJson(*message.payload, &params)) return false;
    (void)documents_.Close(params);
  }
  return true;
}

void BridgeState::SeeFolders(const base::JsonValue& params) {
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
                               lsp::RawJson{base::JsonText(params)});
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
      if (const auto found = waiting_.find(message.id);
          found != waiting_.end()) {
        waiting_.erase(found);
        return true;
      }
      return std::holds_alternative<std::monostate>(message.id);
    case Kind::kRequest:
      ++asked_[message.id];
      if (message.method == "workspace/configuration") {
        settings_asked_.insert(message.id);
      }
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
void BridgeState::SeeProgress(const base::JsonValue& params) {
  std::string token;
  std::string kind;
  base::ObjectReader(params)
      .Require("token", &token)
      .RequireObject("value", [&kind](base::ObjectReader& value) {
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
    waiting_.erase(waiting_.find(id));
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
      waiting_.emplace(id, method);  // replayed: the next daemon answers it
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
  settings_asked_.clear();
  for (const std::string& token : std::exchange(progress_, {})) {
    json::object end;
    end["token"] = token;
    end["value"] = {{"kind", "end"}};
    answers.push_back(
        lsp::NotificationText("$/progress", lsp::RawJson{base::JsonText(end)}));
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
  if (settings_answer_) {
    bodies.push_back(lsp::NotificationText(kKeptSettingsMethod,
                                           lsp::RawJson{*settings_answer_}));
  }
  if (!added_folders_.empty() || !removed_folders_.empty()) {
    bodies.push_back(FolderChanges());
  }
  ReplayDocuments(&bodies);
  return bodies;
}

void BridgeState::ReplayDocuments(std::vector<std::string>* bodies) const {
  const auto lose = [bodies](const lsp::Document& document,
                             const std::string& because) {
    bodies->push_back(lsp::NotificationText(
        kLostDocumentMethod,
        ToJson(lsp::LostDocumentParams{.uri = document.uri,
                                       .language_id = document.language_id,
                                       .because = because})));
  };
  size_t bytes = 0;
  for (const auto& document : documents_.All()) {
    std::vector<std::string> opening;
    if (document->text.size() <= kMaxReplayBytes - bytes) {
      opening = OpeningOf(*document);
    }
    size_t size = 0;
    for (const std::string& body : opening) size += body.size();
    if (opening.empty() || size > kMaxReplayBytes - bytes) {
      lose(*document, "krait's daemon ended, and too much is open for another");
      continue;
    }
    bytes += size;
    std::move(opening.begin(), opening.end(), std::back_inserter(*bodies));
  }
  // The user knows these.
  for (const auto& document : documents_.Lost()) lose(*document, "");
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
