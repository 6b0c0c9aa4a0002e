// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_LSP_SESSION_H_
#define KRAIT_DAEMON_SERVER_LSP_SESSION_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/server/acceptance_store.h"
#include "daemon/server/completion_host.h"
#include "daemon/server/editor_settings.h"
#include "daemon/server/session_completions.h"
#include "daemon/server/session_documents.h"
#include "daemon/server/session_status.h"
#include "daemon/server/suggestions.h"
#include "lsp/acceptance_types.h"
#include "lsp/client.h"
#include "lsp/dispatcher.h"
#include "lsp/lifecycle_types.h"
#include "lsp/outbox.h"
#include "lsp/reply.h"
#include "lsp/window.h"

namespace krait::daemon {

// What a session holds, for `krait status`.
struct SessionStatus {
  struct Document {
    lsp::DocumentSnapshot document;
    std::optional<CompletionTrace> trace;  // of its last completion
  };
  std::string client;  // the editor's name and version, as far as it said
  std::vector<Document> documents;
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
             AcceptanceStore& acceptance, Config config);
  ~LspSession();
  LspSession(const LspSession&) = delete;
  LspSession& operator=(const LspSession&) = delete;

  void HandleMessage(std::string_view body) { dispatcher_.Dispatch(body); }

  // Answers all requests that wait, as when the server ends.
  void FailPending(const lsp::Error& error) { completions_.FailAll(error); }

  // Shows a warning or error to the user, logs others; once the protocol lets
  // us speak.
  void Tell(lsp::MessageType type, std::string sentence);

  SessionStatus status() const;

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
  void OnLoaded(const engine::Result<std::string>& loaded);
  void Explain(const lsp::ExplainParams& params, const lsp::Reply& reply);
  void Status(const lsp::Reply& reply);
  void Execute(const lsp::ExecuteCommandParams& params,
               const lsp::Reply& reply);
  void Focus(const lsp::DidFocusParams& params);
  // Tells the editor how krait is, if it wants to know.
  void ShowStatus();
  void LogProblem(const lsp::Error& error);
  void Log(lsp::MessageType type, std::string_view sentence);

  const std::shared_ptr<lsp::Outbox> outbox_;
  const std::shared_ptr<lsp::Client> client_;
  CompletionHost& host_;
  AcceptanceStore& acceptance_;
  EditorSettings settings_;
  lsp::Dispatcher dispatcher_;
  SessionDocuments documents_;
  Suggestions suggestions_;
  SessionCompletions completions_;
  std::string client_name_;
  lsp::ClientCapabilities capabilities_;
  std::string focused_;  // the document's URI
  std::vector<std::pair<lsp::MessageType, std::string>> untold_;
  bool initialized_ = false;
  std::unique_ptr<lsp::Progress> loading_;
  std::optional<StatusNotifier> status_notifier_;
  std::optional<int> exit_code_;
  // The callbacks of host and client hold it weakly: those of a session that
  // is gone do nothing.
  const std::shared_ptr<LspSession*> self_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_LSP_SESSION_H_
