// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_LSP_SESSION_H_
#define KRAIT_DAEMON_SESSION_LSP_SESSION_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/host/completion_host.h"
#include "daemon/session/acceptance_store.h"
#include "daemon/session/delayed_calls.h"
#include "daemon/session/editor_settings.h"
#include "daemon/session/file_lookup.h"
#include "daemon/session/held_requests.h"
#include "daemon/session/indexing_notice.h"
#include "daemon/session/remote_notice.h"
#include "daemon/session/repository_contexts.h"
#include "daemon/session/repository_questions.h"
#include "daemon/session/session_completions.h"
#include "daemon/session/session_documents.h"
#include "daemon/session/session_status.h"
#include "daemon/session/suggestions.h"
#include "lsp/acceptance_types.h"
#include "lsp/client.h"
#include "lsp/dispatcher.h"
#include "lsp/glimpse.h"
#include "lsp/lifecycle_types.h"
#include "lsp/outbox.h"
#include "lsp/reply.h"
#include "lsp/window.h"

namespace krait::daemon {

// What a session holds, for `krait status`.
struct SessionStatus {
  struct Document {
    lsp::DocumentSnapshot document;
    std::optional<completion::CompletionTrace> trace;  // of its last completion
  };
  std::string client;  // the editor's name and version, as far as it said
  std::vector<Document> documents;
};

// How a session finds out what may be read, and how long it waits for that.
struct SessionPatience {
  FileLookup::LookUp look_up = LookUpFile;
  DocumentPlaces::Patience of_files = {};
  // For the answer to workspace/configuration.
  std::chrono::milliseconds of_settings = std::chrono::seconds(5);
};

// One editor's connection: what the protocol's methods mean (lsp/PROTOCOL.md).
// Does no I/O; bodies of messages come in, others go to the outbox. Documents,
// completions and settings have classes of their own.
//
// All calls on one thread, the one that the host's callbacks come to.
class LspSession {
 public:
  // `host` and `acceptance` must outlive the session. `config`: what holds
  // where the editor sets nothing.
  LspSession(std::shared_ptr<lsp::Outbox> outbox, CompletionHost& host,
             AcceptanceStore& acceptance, Config config,
             SessionPatience patience = {});
  ~LspSession();
  LspSession(const LspSession&) = delete;
  LspSession& operator=(const LspSession&) = delete;

  void HandleMessage(std::string_view body) { dispatcher_.Dispatch(body); }
  // A message that was over the limit.
  void HandleTooLarge(const lsp::Glimpse& glimpse);

  // Answers all requests that wait, as when the server ends.
  void FailPending(const lsp::Error& error);

  // Shows a warning or error to the user, logs others; once the protocol lets
  // us speak.
  void Tell(lsp::MessageType type, std::string sentence);

  SessionStatus status() const;

  // The process that the session is to end with, once that is known.
  std::optional<int64_t> editor_process() const { return editor_process_; }

  // Set by `exit`: 0 after `shutdown`, else 1.
  std::optional<int> exit_code() const { return exit_code_; }

 private:
  void BindLifecycle();
  void BindSettings();
  void BindDocuments();
  void BindCompletion();
  void BindReports();

  lsp::InitializeResult Initialize(const lsp::InitializeParams& params);
  void Initialized();
  void ChangeSettings(const lsp::RawJson& settings);
  void AskForSettings();
  // Its answer, or what the bridge has kept of an earlier one.
  void TakeSettings(const lsp::RawJson& answer);
  uint64_t ExpectSettings();
  // The rules for what may be read are others, or known at last.
  void PermissionsChanged();
  // Runs a request for a document at once, or once it is known whether that may
  // be read.
  void WhenKnown(const std::string& uri, const lsp::Reply& reply,
                 std::function<void()> run);
  // Runs what waited for that.
  void Release();
  // Warms a document that could not be when it got the focus.
  void WarmFocused(const std::string& uri);
  // Files were changed, by whoever it was.
  void FilesChanged(const std::vector<std::string>& uris);
  void OnLoaded(const base::Result<std::string>& loaded);
  void Explain(const lsp::ExplainParams& params, const lsp::Reply& reply);
  void Status(const lsp::Reply& reply);
  void Ask(const lsp::AskParams& params, const lsp::Reply& reply);
  void Execute(const lsp::ExecuteCommandParams& params,
               const lsp::Reply& reply);
  void Focus(const lsp::DidFocusParams& params);
  void Change(const lsp::DidChangeParams& params);
  // A message that could not be read.
  void Unread(const lsp::Glimpse& glimpse, const lsp::Error& error);
  // Documents are lost, which the user is told if there is a `why`.
  void Lost(const std::vector<std::string>& uris, const std::string& why);
  // Tells the editor how krait is, if it wants to know.
  void ShowStatus();
  // Tells the user whether the engine elsewhere answers, if it was asked.
  void LookElsewhere();
  void LogProblem(const lsp::Error& error);
  void Log(lsp::MessageType type, std::string_view sentence);

  const std::shared_ptr<lsp::Outbox> outbox_;
  const std::shared_ptr<lsp::Client> client_;
  CompletionHost& host_;
  AcceptanceStore& acceptance_;
  const SessionPatience patience_;
  const std::shared_ptr<LazyEncoder> encoder_;
  EditorSettings settings_;
  lsp::Dispatcher dispatcher_;
  DelayedCalls delays_;
  SessionDocuments documents_;
  HeldRequests held_;
  Suggestions suggestions_;
  RepositoryContexts contexts_;
  SessionCompletions completions_;
  RepositoryQuestions questions_;
  std::string client_name_;
  lsp::ClientCapabilities capabilities_;
  std::string focused_;               // the document's URI
  completion::FileRules file_rules_;  // as they were when they changed last
  std::vector<std::pair<lsp::MessageType, std::string>> untold_;
  bool initialized_ = false;
  std::unique_ptr<lsp::Progress> loading_;
  IndexingNotice indexing_;
  RemoteNotice remote_notice_;
  uint64_t looked_elsewhere_ = 0;  // after so many answers
  std::optional<StatusNotifier> status_notifier_;
  std::optional<int64_t> editor_process_;
  std::optional<int> exit_code_;
  // The callbacks of host and client hold it weakly: those of a session that
  // is gone do nothing.
  const std::shared_ptr<LspSession*> self_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_LSP_SESSION_H_
