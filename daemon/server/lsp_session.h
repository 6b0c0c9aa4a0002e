// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_LSP_SESSION_H_
#define KRAIT_DAEMON_SERVER_LSP_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/typed_through.h"
#include "daemon/server/completion_host.h"
#include "daemon/server/editor_settings.h"
#include "daemon/server/syntax_cache.h"
#include "lsp/client.h"
#include "lsp/completion_types.h"
#include "lsp/dispatcher.h"
#include "lsp/document_store.h"
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

// One editor's connection: what the protocol's methods mean for documents and
// completions. Does no I/O; bodies of messages come in, others go to the
// outbox.
//
// Completions. A new request for a document replaces the one before of the
// same method, which is answered RequestCancelled at once, as is one that the
// client cancels. An answer is compared with the document as it is by then: if
// the user typed on just what it says, the rest is answered for the new
// place; if anything else changed, an empty list.
//
// Warming. While nobody waits, the model is brought to where the next request
// is likely to be: the end of the last edit, and, once a completion was shown,
// the place behind it.
//
// All calls on one thread, the one that the host's callbacks come to.
class LspSession {
 public:
  // `host` must outlive the session.
  LspSession(std::shared_ptr<lsp::Outbox> outbox, CompletionHost& host,
             CompletionOptions options);
  ~LspSession();
  LspSession(const LspSession&) = delete;
  LspSession& operator=(const LspSession&) = delete;

  void HandleMessage(std::string_view body) { dispatcher_.Dispatch(body); }

  // Answers all requests that wait, as when the server ends.
  void FailPending(const lsp::Error& error);

  // Shows a warning or error to the user, logs others; once the protocol lets
  // us speak.
  void Tell(lsp::MessageType type, std::string sentence);

  SessionStatus status() const;

  // Set by `exit`: 0 after `shutdown`, else 1.
  std::optional<int> exit_code() const { return exit_code_; }

 private:
  using Encoding = lsp::PositionEncoding;

  // A request that waits for its completion.
  struct Pending {
    Pending(lsp::Reply to, lsp::DocumentSnapshot snapshot, size_t cursor)
        : reply(std::move(to)),
          document(std::move(snapshot)),
          cursor_ofs(cursor) {}

    lsp::Reply reply;
    std::stop_source stop;
    lsp::DocumentSnapshot document;
    size_t cursor_ofs;
    CompletionRequest request;
    // Answers with a text to be inserted at a cursor of a document.
    std::function<void(const Pending&, const lsp::Document&, size_t cursor_ofs,
                       const std::string& text)>
        answer;
    // What the popup's selection would replace and put there, if there is one.
    lsp::Range replaced;
    std::string selected;
    std::optional<std::stop_callback<std::function<void()>>> on_cancel;
  };
  using PendingPtr = std::shared_ptr<Pending>;

  // What is kept per document beside its text.
  struct DocumentState {
    std::unordered_map<std::string, PendingPtr> pending;  // by method
    std::optional<GivenCompletion> given;
    std::optional<CompletionTrace> trace;
  };

  void BindLifecycle();
  void BindDocuments();
  void BindCompletion();

  lsp::InitializeResult Initialize(const lsp::InitializeParams& params);
  void ChangeSettings(const lsp::RawJson& settings);
  void ShowLoading();
  void OnLoaded(const engine::Result<std::string>& loaded);

  void InlineCompletion(const lsp::InlineCompletionParams& params,
                        const lsp::Reply& reply);
  void PopupCompletion(const lsp::CompletionParams& params,
                       const lsp::Reply& reply);
  void Explain(const lsp::ExplainParams& params, const lsp::Reply& reply);

  // Returns the open document; without one, answers with an error.
  lsp::DocumentSnapshot DocumentFor(const std::string& uri,
                                    const lsp::Reply& reply);
  CompletionRequest RequestAt(const lsp::Document& document,
                              size_t cursor_ofs) const;
  // Where an edit ended.
  void WarmAt(const lsp::DocumentChange& change);
  void Warm(const std::string& uri, CompletionRequest request);
  DocumentKey KeyOf(const std::string& uri) const { return {id_, uri}; }
  void Start(PendingPtr pending);
  void Finish(const PendingPtr& pending,
              const engine::Result<Completion>& completion);
  // Returns whether something is shown.
  bool AnswerText(const Pending& pending, const std::string& text);
  void DropPending(const std::string& uri, const lsp::Error& error);

  void Log(lsp::MessageType type, std::string_view sentence);

  const std::shared_ptr<lsp::Outbox> outbox_;
  const std::shared_ptr<lsp::Client> client_;
  CompletionHost& host_;
  const uint64_t id_;  // of its documents, to the host
  EditorSettings settings_;
  lsp::Dispatcher dispatcher_;
  lsp::DocumentStore documents_;
  SyntaxCache syntax_;
  std::unordered_map<std::string, DocumentState> states_;  // by URI
  std::vector<std::filesystem::path> roots_;
  std::string client_name_;
  std::vector<std::pair<lsp::MessageType, std::string>> untold_;
  bool initialized_ = false;
  bool work_done_progress_ = false;
  bool configuration_ = false;  // the editor can be asked for settings
  std::unique_ptr<lsp::Progress> progress_;
  std::optional<int> exit_code_;
  // The host's callbacks hold it weakly: those of a session that is gone do
  // nothing.
  const std::shared_ptr<LspSession*> self_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_LSP_SESSION_H_
