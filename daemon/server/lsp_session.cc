// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/lsp_session.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <utility>

#include "daemon/completion/trace_json.h"
#include "daemon/completion/workspace_path.h"
#include "daemon/json_text.h"
#include "daemon/log.h"
#include "daemon/server/completion_answers.h"
#include "daemon/server/lsp_errors.h"
#include "lsp/position.h"
#include "lsp/uri.h"

namespace krait::daemon {

LspSession::LspSession(std::shared_ptr<lsp::Outbox> outbox,
                       CompletionHost& host, CompletionOptions options)
    : outbox_(std::move(outbox)),
      client_(std::make_shared<lsp::Client>(outbox_)),
      host_(host),
      id_(host.NewSession()),
      settings_(options,
                [this](lsp::MessageType type, std::string sentence) {
                  Tell(type, std::move(sentence));
                }),
      dispatcher_(outbox_, client_,
                  [this](std::string_view sentence) {
                    Log(lsp::MessageType::kWarning, sentence);
                  }),
      self_(std::make_shared<LspSession*>(this)) {
  BindLifecycle();
  BindDocuments();
  BindCompletion();
  host_.WhenLoaded([weak = std::weak_ptr(self_)](const auto& loaded) {
    if (const auto self = weak.lock()) (*self)->OnLoaded(loaded);
  });
}

LspSession::~LspSession() {
  dispatcher_.CancelAll();
  for (const auto& [uri, state] : states_) {
    for (const auto& [method, pending] : state.pending) {
      pending->stop.request_stop();
    }
  }
  host_.DropSession(id_);
}

void LspSession::Log(lsp::MessageType type, std::string_view sentence) {
  // Before `initialize` is answered the protocol forbids us to speak.
  if (initialized_) lsp::LogMessage(*client_, type, sentence);
}

void LspSession::Tell(lsp::MessageType type, std::string sentence) {
  if (!initialized_) {
    untold_.emplace_back(type, std::move(sentence));
  } else if (type == lsp::MessageType::kError ||
             type == lsp::MessageType::kWarning) {
    lsp::ShowMessage(*client_, type, sentence);
  } else {
    lsp::LogMessage(*client_, type, sentence);
  }
}

// Life cycle ------------------------------------------------------------------

void LspSession::BindLifecycle() {
  dispatcher_.OnRequest<lsp::InitializeParams>(
      "initialize",
      [this](const lsp::InitializeParams& params, const lsp::Reply& reply) {
        reply.Succeed(Initialize(params));
        initialized_ = true;
        for (auto& [type, sentence] : std::exchange(untold_, {})) {
          Tell(type, std::move(sentence));
        }
        if (host_.loaded()) OnLoaded(*host_.loaded());
      });
  dispatcher_.OnNotification<lsp::NoParams>(
      "initialized", [this](const lsp::NoParams&) { ShowLoading(); });
  dispatcher_.OnRequest<lsp::NoParams>(
      "shutdown", [this](const lsp::NoParams&, const lsp::Reply& reply) {
        FailPending(Superseded());
        reply.Succeed(lsp::RawJson{});
      });
  dispatcher_.OnNotification<lsp::NoParams>(
      "exit", [this](const lsp::NoParams&) {
        exit_code_ = dispatcher_.ShutdownRequested() ? 0 : 1;
      });
  dispatcher_.OnNotification<lsp::DidChangeConfigurationParams>(
      "workspace/didChangeConfiguration",
      [this](const lsp::DidChangeConfigurationParams& params) {
        ChangeSettings(params.settings);
      });
}

void LspSession::ChangeSettings(const lsp::RawJson& settings) {
  // Clients that let themselves be asked say only that something changed.
  if (settings.text != "null" || !configuration_) {
    return settings_.Change(settings.text, /*bare=*/false);
  }
  client_->Call(
      "workspace/configuration",
      lsp::ConfigurationParams{.sections = {"krait"}},
      [weak = std::weak_ptr(self_)](const lsp::Result<lsp::RawJson>& answer) {
        const auto self = weak.lock();
        if (self == nullptr || !answer) return;
        const auto sections = lsp::SplitArray(*answer);
        if (!sections || sections->empty()) return;
        (*self)->settings_.Change(sections->front().text, /*bare=*/true);
      });
}

lsp::InitializeResult LspSession::Initialize(
    const lsp::InitializeParams& params) {
  const Encoding encoding =
      lsp::NegotiateEncoding(params.capabilities.position_encodings);
  documents_.set_encoding(encoding);
  for (const lsp::WorkspaceFolder& folder : params.workspace_folders) {
    if (const auto path = lsp::UriToPath(folder.uri))
      roots_.emplace_back(*path);
  }
  if (params.client_info) {
    client_name_ = params.client_info->name;
    if (!params.client_info->version.empty()) {
      client_name_ += " " + params.client_info->version;
    }
  }
  work_done_progress_ = params.capabilities.work_done_progress;
  configuration_ = params.capabilities.configuration;
  if (params.initialization_options) {
    settings_.Begin(params.initialization_options->text);
  }
  lsp::InitializeResult result;
  result.server_name = "krait";
  result.server_version = KRAIT_VERSION;
  result.position_encoding = encoding;
  result.inline_completion = true;
  // Editors that show inline completions would show everything twice.
  result.completion = !params.capabilities.inline_completion;
  if (result.completion) {
    result.completion_trigger_characters = {".", "(", "=", ","};
  }
  return result;
}

void LspSession::ShowLoading() {
  if (host_.loaded() || !work_done_progress_) return;
  progress_ = std::make_unique<lsp::Progress>(client_, "krait/load",
                                              "krait: loading the model");
}

void LspSession::OnLoaded(const engine::Result<std::string>& loaded) {
  if (!initialized_) return;  // told after `initialize`
  progress_.reset();
  if (loaded) {
    Log(lsp::MessageType::kInfo, fmt::format("krait is ready: {}", *loaded));
    return;
  }
  lsp::ShowMessage(
      *client_, lsp::MessageType::kError,
      fmt::format("krait cannot complete: {}", loaded.error().message));
}

// Documents -------------------------------------------------------------------

void LspSession::BindDocuments() {
  dispatcher_.OnNotification<lsp::DidOpenParams>(
      "textDocument/didOpen", [this](const lsp::DidOpenParams& params) {
        const auto opened = documents_.Open(params);
        if (!opened) {
          Log(lsp::MessageType::kWarning, opened.error().message);
          return;
        }
        syntax_.Update(*opened);
      });
  dispatcher_.OnNotification<lsp::DidChangeParams>(
      "textDocument/didChange", [this](const lsp::DidChangeParams& params) {
        const auto changed = documents_.Change(params);
        if (!changed) {
          Log(lsp::MessageType::kWarning, changed.error().message);
          return;
        }
        if (!changed->warning.empty()) {
          Log(lsp::MessageType::kWarning, changed->warning);
        }
        syntax_.Update(changed->after);
        WarmAt(*changed);
      });
  dispatcher_.OnNotification<lsp::DidCloseParams>(
      "textDocument/didClose", [this](const lsp::DidCloseParams& params) {
        DropPending(params.uri, Superseded());
        states_.erase(params.uri);
        host_.Drop(KeyOf(params.uri));
        syntax_.Close(params.uri);
        const auto closed = documents_.Close(params);
        if (!closed) {
          Log(lsp::MessageType::kWarning, closed.error().message);
        }
      });
  dispatcher_.OnNotification<lsp::DidSaveParams>(
      "textDocument/didSave", [](const lsp::DidSaveParams&) {});
}

lsp::DocumentSnapshot LspSession::DocumentFor(const std::string& uri,
                                              const lsp::Reply& reply) {
  auto document = documents_.Get(uri);
  if (document == nullptr) {
    reply.Fail(
        lsp::MakeError(lsp::ErrorCode::kInvalidParams,
                       fmt::format("{}: textDocument.uri: {} is not open",
                                   reply.method(), uri)));
  }
  return document;
}

CompletionRequest LspSession::RequestAt(const lsp::Document& document,
                                        size_t cursor_ofs) const {
  CompletionRequest request;
  if (const auto path = lsp::UriToPath(document.uri)) {
    request.path = WorkspacePath(*path, roots_);
  }
  request.before = document.text.TextBefore(
      cursor_ofs, EnoughBytesBefore(settings_.completion().limits));
  request.after = document.text.TextAfter(
      cursor_ofs, EnoughBytesAfter(settings_.completion().limits));
  return request;
}

void LspSession::DropPending(const std::string& uri, const lsp::Error& error) {
  const auto state = states_.find(uri);
  if (state == states_.end()) return;
  const auto dropped = std::exchange(state->second.pending, {});
  for (const auto& [method, pending] : dropped) {
    pending->stop.request_stop();
    pending->reply.Fail(error);
  }
}

void LspSession::FailPending(const lsp::Error& error) {
  std::vector<std::string> uris;
  for (const auto& [uri, state] : states_) uris.push_back(uri);
  for (const std::string& uri : uris) DropPending(uri, error);
}

SessionStatus LspSession::status() const {
  SessionStatus status{.client = client_name_, .documents = {}};
  for (const auto& document : documents_.All()) {
    const auto state = states_.find(document->uri);
    status.documents.push_back(
        {.document = document,
         .trace = state == states_.end() ? std::nullopt : state->second.trace});
  }
  return status;
}

// Warming ---------------------------------------------------------------------

void LspSession::WarmAt(const lsp::DocumentChange& change) {
  if (change.edits.empty()) return;
  const lsp::ByteEdit& last = change.edits.back();
  // A whole new text does not say where the user is.
  if (last.text.size() == change.after->text.size()) return;
  Warm(change.after->uri,
       RequestAt(*change.after, last.begin_ofs + last.text.size()));
}

void LspSession::Warm(const std::string& uri, CompletionRequest request) {
  host_.Warm({.document = KeyOf(uri),
              .request = std::move(request),
              .options = settings_.completion()});
}

// Completion ------------------------------------------------------------------

void LspSession::BindCompletion() {
  dispatcher_.OnRequest<lsp::InlineCompletionParams>(
      "textDocument/inlineCompletion",
      [this](const lsp::InlineCompletionParams& params,
             const lsp::Reply& reply) { InlineCompletion(params, reply); });
  dispatcher_.OnRequest<lsp::CompletionParams>(
      "textDocument/completion",
      [this](const lsp::CompletionParams& params, const lsp::Reply& reply) {
        PopupCompletion(params, reply);
      });
  dispatcher_.OnRequest<lsp::ExplainParams>(
      "krait/explain",
      [this](const lsp::ExplainParams& params, const lsp::Reply& reply) {
        Explain(params, reply);
      });
}

void LspSession::InlineCompletion(const lsp::InlineCompletionParams& params,
                                  const lsp::Reply& reply) {
  auto document = DocumentFor(params.uri, reply);
  if (document == nullptr) return;
  const Encoding encoding = documents_.encoding();
  size_t cursor = lsp::ToByteOffset(document->text, params.position, encoding);
  auto pending = std::make_shared<Pending>(reply, document, cursor);
  pending->request = RequestAt(*document, cursor);
  pending->request.syntax = syntax_.At(document, cursor);
  if (params.selected) {
    // Completed as if the popup's selection had been accepted.
    const lsp::Range& range = params.selected->range;
    const size_t begin =
        lsp::ToByteOffset(document->text, range.start, encoding);
    const size_t end = lsp::ToByteOffset(document->text, range.end, encoding);
    if (begin <= cursor && cursor <= end) {
      pending->request.before =
          RequestAt(*document, begin).before + params.selected->text;
      pending->request.after = RequestAt(*document, end).after;
      pending->request.syntax = {};  // no tree has that text
      pending->selected = params.selected->text;
      pending->replaced = range;
    }
  }
  pending->answer = [encoding](const Pending& to, const lsp::Document& now,
                               size_t cursor_ofs, const std::string& text) {
    to.reply.Succeed(to.selected.empty()
                         ? InlineAnswer(now, cursor_ofs, encoding, text)
                         : SelectedAnswer(to.replaced, to.selected, text));
  };
  Start(std::move(pending));
}

void LspSession::PopupCompletion(const lsp::CompletionParams& params,
                                 const lsp::Reply& reply) {
  auto document = DocumentFor(params.uri, reply);
  if (document == nullptr) return;
  const Encoding encoding = documents_.encoding();
  const size_t cursor =
      lsp::ToByteOffset(document->text, params.position, encoding);
  auto pending = std::make_shared<Pending>(reply, document, cursor);
  pending->request = RequestAt(*document, cursor);
  pending->request.syntax = syntax_.At(document, cursor);
  pending->answer = [encoding](const Pending& to, const lsp::Document& now,
                               size_t cursor_ofs, const std::string& text) {
    to.reply.Succeed(PopupAnswer(now, cursor_ofs, encoding, text));
  };
  Start(std::move(pending));
}

void LspSession::Start(PendingPtr pending) {
  DocumentState& state = states_[pending->document->uri];
  PendingPtr& slot = state.pending[pending->reply.method()];
  if (slot != nullptr) {
    slot->stop.request_stop();
    slot->reply.Fail(Superseded());
  }
  slot = pending;
  if (state.given) {
    if (const auto rest = TypedThrough(*state.given, pending->request)) {
      state.trace = CompletionTrace{};
      state.trace->plan = "typed-through";
      host_.statistics().Add(*state.trace, Clock::duration::zero());
      state.pending.erase(pending->reply.method());
      pending->answer(*pending, *pending->document, pending->cursor_ofs, *rest);
      return;
    }
  }
  // Weak: the callback is a part of what it would keep alive.
  pending->on_cancel.emplace(pending->reply.stop_token(),
                             [weak = std::weak_ptr<Pending>(pending)] {
                               const auto cancelled = weak.lock();
                               if (cancelled == nullptr) return;
                               cancelled->stop.request_stop();
                               cancelled->reply.Fail(CancelledByClient());
                             });
  host_.Complete({.document = KeyOf(pending->document->uri),
                  .request = pending->request,
                  .options = settings_.completion(),
                  .stop = pending->stop.get_token(),
                  .on_done = [weak = std::weak_ptr(self_),
                              pending](const auto& completion) {
                    if (const auto self = weak.lock()) {
                      (*self)->Finish(pending, completion);
                    }
                  }});
}

void LspSession::Finish(const PendingPtr& pending,
                        const engine::Result<Completion>& completion) {
  const std::string& uri = pending->document->uri;
  const auto state = states_.find(uri);
  if (state != states_.end()) {
    auto& waiting = state->second.pending;
    const auto slot = waiting.find(pending->reply.method());
    if (slot != waiting.end() && slot->second == pending) waiting.erase(slot);
  }
  if (!completion) {
    // Why there is no model has been shown already: one message is enough.
    const bool no_model = host_.loaded() && !*host_.loaded();
    if (!no_model) {
      return pending->reply.Fail(ToLspError(completion.error()));
    }
    AnswerText(*pending, {});
    return;
  }
  if (state == states_.end()) return pending->reply.Fail(Superseded());
  state->second.trace = completion->trace;
  WriteLog(
      LogLevel::kDebug,
      fmt::format("{}: {}", uri, JsonText(TraceToJson(completion->trace))));
  // Its tree has done its service; copies of the request are kept for long.
  pending->request.syntax = {};
  state->second.given =
      GivenCompletion{.request = pending->request, .text = completion->text};
  if (!AnswerText(*pending, completion->text)) return;
  CompletionRequest accepted = pending->request;
  accepted.before += completion->text;
  Warm(uri, std::move(accepted));
}

bool LspSession::AnswerText(const Pending& pending, const std::string& text) {
  const auto now = documents_.Get(pending.document->uri);
  if (now == nullptr || now == pending.document) {
    pending.answer(pending, *pending.document, pending.cursor_ofs, text);
    return !text.empty();
  }
  // The document moved on. If what was typed is what we say, the rest of it
  // still holds, further on.
  const size_t before_size = pending.document->text.size();
  const size_t typed = now->text.size() - before_size;
  const size_t cursor = pending.cursor_ofs + typed;
  if (now->text.size() >= before_size && typed < text.size() &&
      pending.selected.empty()) {
    const auto rest = TypedThrough({.request = pending.request, .text = text},
                                   RequestAt(*now, cursor));
    if (rest && rest->size() == text.size() - typed) {
      pending.answer(pending, *now, cursor, *rest);
      return !rest->empty();
    }
  }
  DocumentState& state = states_[now->uri];
  if (state.trace) state.trace->suppressed_by = "the document changed";
  pending.answer(pending, *now, std::min(cursor, now->text.size()), {});
  return false;
}

void LspSession::Explain(const lsp::ExplainParams& params,
                         const lsp::Reply& reply) {
  if (DocumentFor(params.uri, reply) == nullptr) return;
  const auto state = states_.find(params.uri);
  if (state == states_.end() || !state->second.trace) {
    return reply.Succeed(lsp::RawJson{});  // null: no completion so far
  }
  reply.Succeed(lsp::RawJson{JsonText(TraceToJson(*state->second.trace))});
}

}  // namespace krait::daemon
