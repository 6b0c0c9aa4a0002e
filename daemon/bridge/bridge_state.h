// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_BRIDGE_BRIDGE_STATE_H_
#define KRAIT_DAEMON_BRIDGE_BRIDGE_STATE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lsp/document_store.h"
#include "lsp/json.h"
#include "lsp/lifecycle_types.h"
#include "lsp/message.h"
#include "lsp/window.h"

namespace krait::daemon {

// What a bridge between an editor and a daemon must know to bring the editor's
// session to another daemon when the first one is gone: how the session began,
// the open documents as they are, and which requests still have no answer.
//
// The bridge shows it every message on its way. It knows nothing of sockets.
// Thread-compatible.
class BridgeState {
 public:
  // A message of the editor, which goes to the daemon: false if it must not.
  bool FromEditor(std::string_view body);
  // What is sent in the place of a message of the editor that was over the
  // limit.
  struct Instead {
    std::vector<std::string> to_editor;
    std::vector<std::string> to_daemon;
  };
  Instead TooLarge(const lsp::Glimpse& glimpse);
  // A message of the daemon, which goes to the editor: false if it must not.
  bool FromDaemon(std::string_view body);

  // The daemon is gone. Returns the answers that the editor gets in its place.
  std::vector<std::string> Lose();
  // Returns what a new daemon must be told first.
  std::vector<std::string> Replay();

  // Whether the daemon said that it ends on purpose.
  bool goodbye() const { return goodbye_; }
  // While there is no daemon: whether this message of the editor needs one. It
  // is asked before FromEditor.
  bool NeedsDaemon(std::string_view body);
  // Returns the answer to a message that reached no daemon, if it has one.
  std::optional<std::string> AnswerAlone();

  // Shown to the user once the session has begun: the messages to send now.
  std::vector<std::string> Tell(lsp::MessageType type, std::string sentence);
  // The same for those that had to wait; call after each message of the
  // daemon.
  std::vector<std::string> TakeUntold();

  // The process that the session is to end with, once that is known.
  std::optional<int64_t> editor_process() const { return editor_process_; }

  // Set by `exit`: 0 after `shutdown`, else 1.
  std::optional<int> exit_code() const { return exit_code_; }

 private:
  // What the editor began with.
  struct Beginning {
    lsp::RequestId id;
    std::string body;
    lsp::RawJson params;
    bool answered = false;
  };

  void SeeRequest(const lsp::Message& message, std::string_view body);
  void SeeResponse(const lsp::Message& message);
  void SeeNotification(const lsp::Message& message, std::string_view body);
  void SeeUnread(const lsp::Glimpse& glimpse, std::string_view body);
  // Whether the notification could be read.
  bool SeeDocument(const lsp::Message& message);
  void SeeFolders(const base::JsonValue& params);
  std::string FolderChanges() const;
  void SeeProgress(const base::JsonValue& params);
  void ReplayDocuments(std::vector<std::string>* bodies) const;

  lsp::MessageParser parser_;
  lsp::DocumentStore documents_;
  std::optional<Beginning> beginning_;
  std::optional<std::string> initialized_;  // the notification's body
  std::optional<std::string> settings_;     // of the last change
  // Workspace folders that came or went since, by URI.
  std::map<std::string, lsp::WorkspaceFolder> added_folders_;
  std::map<std::string, lsp::WorkspaceFolder> removed_folders_;
  // Requests: id, methods. Two with one id are the client's mistake, which the
  // daemon answers.
  std::multimap<lsp::RequestId, std::string> waiting_;
  // The daemon's own requests to the editor that have no answer yet, and how
  // many answers to each id belong to a daemon that is gone.
  std::map<lsp::RequestId, size_t> asked_;
  std::map<lsp::RequestId, size_t> orphans_;
  // Of these, the questions for the settings, and the last answer to one.
  std::set<lsp::RequestId> settings_asked_;
  std::optional<std::string> settings_answer_;
  std::set<std::string> progress_;  // tokens of what the daemon is at
  uint64_t replays_ = 0;
  std::vector<std::pair<lsp::MessageType, std::string>> untold_;
  bool shut_down_ = false;
  bool goodbye_ = false;
  std::optional<int64_t> editor_process_;
  std::optional<int> exit_code_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_BRIDGE_BRIDGE_STATE_H_
