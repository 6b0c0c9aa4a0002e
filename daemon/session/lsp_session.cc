// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/lsp_session.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/json_value.h"
#include "base/utf8.h"
#include "daemon/completion/trace_json.h"
#include "daemon/io/bridge_protocol.h"
#include "daemon/repository/battery.h"
#include "daemon/repository_encoder.h"
#include "daemon/session/completion_answers.h"
#include "daemon/session/daemon_status.h"
#include "daemon/session/lsp_errors.h"
#include "lsp/frame.h"
#include "lsp/message.h"
#include "lsp/uri.h"

namespace krait::daemon {
namespace {

// It collects what is typed before it sends it, so that a change of several
// characters is no sign of acceptance; it runs the item's command instead.
constexpr std::string_view kCollectsTyping = "Neovim";
constexpr std::string_view kSettingsMethod = "workspace/didChangeConfiguration";
constexpr std::string_view kFilesMethod = "workspace/didChangeWatchedFiles";

// Returns the first argument if it is a string, else "".
std::string FirstText(const std::vector<lsp::RawJson>& arguments) {
  if (arguments.empty()) return {};
  const auto argument = base::JsonDocument::Parse(arguments[0].text);
  std::string text;
  if (argument) (void)FromJson(argument->root(), &text);
  return text;
}

// The conversation so far.
std::vector<completion::ChatTurn> TurnsOf(const lsp::AskParams& params) {
  std::vector<completion::ChatTurn> turns;
  for (const lsp::AskTurn& turn : params.earlier) {
    turns.push_back(
        {.role = completion::ChatRole::kUser, .text = turn.question});
    turns.push_back(
        {.role = completion::ChatRole::kAssistant, .text = turn.answer});
  }
  return turns;
}

}  // namespace

LspSession::LspSession(std::shared_ptr<lsp::Outbox> outbox,
                       CompletionHost& host, AcceptanceStore& acceptance,
                       Config config, SessionPatience patience)
    : outbox_(std::move(outbox)),
      client_(std::make_shared<lsp::Client>(outbox_)),
      host_(host),
      acceptance_(acceptance),
      patience_(std::move(patience)),
      encoder_(
          std::make_shared<LazyEncoder>(config.repository.embedding_model)),
      settings_(std::move(config),
                [this](lsp::MessageType type, std::string sentence) {
                  Tell(type, std::move(sentence));
                }),
      dispatcher_(outbox_, client_,
                  [this](std::string_view sentence) {
                    Log(lsp::MessageType::kWarning, sentence);
                  }),
      delays_(host.poster()),
      documents_(
          {.settings = settings_,
           .delays = delays_,
           .post = host.poster(),
           .look_up = settings_.remote().completion
                          ? ForSending(patience_.look_up)
                          : patience_.look_up,
           .patience = patience_.of_files,
           .memory = host.memory()},
          {.on_permission =
               [this](const std::string& uri) {
                 Release();
                 WarmFocused(uri);
               },
           .on_forbidden =
               [this](const std::string& uri, std::vector<std::string> files) {
                 completions_.Forget(uri, std::move(files));
               }}),
      suggestions_(acceptance),
      contexts_(StateHome(), encoder_, host.poster(),
                {.on_found =
                     [this](const std::string& uri) {
                       completions_.ContextFound(uri);
                     },
                 .on_progress =
                     [this](size_t done, size_t total) {
                       if (!capabilities_.work_done_progress) return;
                       indexing_.Show(done, total);
                     },
                 .may_index =
                     [always = settings_.repository().index_on_battery] {
                       return always || !repository::IsOnBattery();
                     }}),
      completions_({.host = host,
                    .documents = documents_,
                    .settings = settings_,
                    .suggestions = suggestions_,
                    .contexts = &contexts_},
                   [this] {
                     LookElsewhere();
                     ShowStatus();
                   }),
      questions_(StateHome(), encoder_, host, client_),
      indexing_(client_),
      self_(std::make_shared<LspSession*>(this)) {
  dispatcher_.set_on_unread(
      [this](const lsp::Glimpse& glimpse, const lsp::Error& error) {
        Unread(glimpse, error);
      });
  BindLifecycle();
  BindSettings();
  BindDocuments();
  BindCompletion();
  BindReports();
  host_.WhenLoaded([weak = std::weak_ptr(self_)](const auto& loaded) {
    if (const auto self = weak.lock()) (*self)->OnLoaded(loaded);
  });
  host_.WhenReloaded(self_, [this](const auto& loaded) {
    OnLoaded(loaded);
    if (!host_.model_warning().empty()) {
      Tell(lsp::MessageType::kWarning, host_.model_warning());
    }
  });
}

LspSession::~LspSession() {
  dispatcher_.CancelAll();
}

// The user --------------------------------------------------------------------

void LspSession::Log(lsp::MessageType type, std::string_view sentence) {
  // Before `initialize` is answered the protocol forbids us to speak.
  if (initialized_) lsp::LogMessage(*client_, type, sentence);
}

void LspSession::LogProblem(const lsp::Error& error) {
  Log(lsp::MessageType::kWarning, error.message);
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

void LspSession::LookElsewhere() {
  const uint64_t answered = completions_.answered_for_elsewhere();
  if (host_.elsewhere() == nullptr || answered == looked_elsewhere_) return;
  looked_elsewhere_ = answered;
  const auto told = remote_notice_.Answered(host_.elsewhere()->status(),
                                            RemoteNotice::Clock::now());
  if (told) lsp::ShowMessage(*client_, told->type, told->text);
}

void LspSession::ShowStatus() {
  if (!initialized_ || !status_notifier_) return;
  SessionActivity activity{.busy = completions_.busy(),
                           .inactive_because = {},
                           .not_elsewhere_because = remote_notice_.why_here(),
                           .last = completions_.given().last_trace()};
  if (const auto document = documents_.Get(focused_)) {
    const completion::ReadPermission permission =
        documents_.PermissionOf(focused_);
    activity.inactive_because =
        completion::WhyForbidden(settings_.rules(),
                                 {.unread_because = permission.why_not,
                                  .language_id = document->language_id,
                                  .model_languages = host_.model_languages()},
                                 completion::Occasion::kReady);
  }
  status_notifier_->Update(activity, host_);
}

void LspSession::FailPending(const lsp::Error& error) {
  held_.FailAll(error);
  completions_.FailAll(error);
}

// What may be read ------------------------------------------------------------

void LspSession::WhenKnown(const std::string& uri, const lsp::Reply& reply,
                           std::function<void()> run) {
  auto document = documents_.Get(uri);
  if (document == nullptr || !documents_.PermissionOf(uri).pending) {
    return run();
  }
  held_.Hold(std::move(document), reply, std::move(run));
}

void LspSession::Release() {
  held_.Release(
      [this](const std::string& uri) {
        return !documents_.PermissionOf(uri).pending;
      },
      [this](const std::string& uri) { return documents_.Get(uri); });
  ShowStatus();
}

void LspSession::WarmFocused(const std::string& uri) {
  if (!uri.empty() && uri == focused_) completions_.Focused(uri, std::nullopt);
}

void LspSession::PermissionsChanged() {
  const completion::FileRules& rules = settings_.rules().files;
  if (!(rules == file_rules_)) {
    file_rules_ = rules;
    completions_.ForgetContexts();
  }
  for (const std::string& uri : documents_.ApplySettings()) {
    completions_.Forbidden(uri);
  }
  Release();
  WarmFocused(focused_);
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
      "initialized", [this](const lsp::NoParams&) { Initialized(); });
  dispatcher_.OnRequest<lsp::NoParams>(
      "shutdown", [this](const lsp::NoParams&, const lsp::Reply& reply) {
        FailPending(Superseded());
        reply.Succeed(lsp::RawJson{});
      });
  dispatcher_.OnNotification<lsp::NoParams>(
      "exit", [this](const lsp::NoParams&) {
        exit_code_ = dispatcher_.ShutdownRequested() ? 0 : 1;
      });
}

lsp::InitializeResult LspSession::Initialize(
    const lsp::InitializeParams& params) {
  capabilities_ = params.capabilities;
  editor_process_ = params.process_id;
  documents_.set_encoding(
      lsp::NegotiateEncoding(capabilities_.position_encodings));
  documents_.AddFolders(params.workspace_folders);
  if (params.client_info) {
    client_name_ = params.client_info->name;
    suggestions_.set_infers(client_name_ != kCollectsTyping);
    if (!params.client_info->version.empty()) {
      client_name_ += " " + params.client_info->version;
    }
  }
  if (params.introduced) status_notifier_.emplace(client_);
  if (params.initialization_options) {
    settings_.Begin(params.initialization_options->text,
                    /*bare=*/!params.introduced);
  }
  // Asked for only after `initialized`, but in force before all else.
  if (capabilities_.configuration) (void)ExpectSettings();
  lsp::InitializeResult result;
  result.server_name = "krait";
  result.server_version = KRAIT_VERSION;
  result.position_encoding = documents_.encoding();
  result.inline_completion = true;
  // Editors that show inline completions would show everything twice.
  result.completion =
      !capabilities_.inline_completion && settings_.rules().menu_item;
  if (result.completion) {
    result.completion_trigger_characters = {".", "(", "=", ","};
  }
  result.commands = {kAcceptedCommand};
  result.requests = {"krait/explain", "krait/status", "krait/ask"};
  return result;
}

void LspSession::Initialized() {
  if (!host_.loaded() && capabilities_.work_done_progress) {
    loading_ = std::make_unique<lsp::Progress>(client_, "krait/load",
                                               "krait: loading the model");
  }
  if (capabilities_.registers_configuration) {
    client_->Call(
        "client/registerCapability",
        lsp::RegistrationParams{.id = "krait/settings",
                                .method = "workspace/didChangeConfiguration",
                                .options = {R"({"section":"krait"})"}},
        [](const lsp::Result<lsp::RawJson>&) {});
  }
  if (capabilities_.registers_watched_files &&
      settings_.completion().context_tokens > 0) {
    client_->Call("client/registerCapability",
                  lsp::RegistrationParams{
                      .id = "krait/files",
                      .method = std::string(kFilesMethod),
                      .options = {R"({"watchers":[{"globPattern":"**/*"}]})"}},
                  [](const lsp::Result<lsp::RawJson>&) {});
  }
  AskForSettings();
  ShowStatus();
}

void LspSession::OnLoaded(const base::Result<std::string>& loaded) {
  if (!initialized_) return;  // told after `initialize`
  loading_.reset();
  if (loaded) {
    Log(lsp::MessageType::kInfo, fmt::format("krait is ready: {}", *loaded));
  } else {
    lsp::ShowMessage(
        *client_, lsp::MessageType::kError,
        fmt::format("krait cannot complete: {}", loaded.error().message));
  }
  ShowStatus();
}

// Documents -------------------------------------------------------------------

void LspSession::BindDocuments() {
  dispatcher_.OnNotification<lsp::DidOpenParams>(
      "textDocument/didOpen", [this](const lsp::DidOpenParams& params) {
        const auto opened = documents_.Open(params);
        if (opened) return;
        LogProblem(opened.error());
        if (documents_.IsLost(params.uri)) {
          Lost({params.uri}, opened.error().message);
        }
      });
  dispatcher_.OnNotification<lsp::DidChangeParams>(
      "textDocument/didChange",
      [this](const lsp::DidChangeParams& params) { Change(params); });
  dispatcher_.OnNotification<lsp::DidCloseParams>(
      "textDocument/didClose", [this](const lsp::DidCloseParams& params) {
        completions_.Closed(params.uri);
        if (const auto closed = documents_.Close(params); !closed) {
          LogProblem(closed.error());
        }
      });
  dispatcher_.OnNotification<lsp::LostDocumentParams>(
      std::string(kLostDocumentMethod),
      [this](const lsp::LostDocumentParams& params) {
        Lost(documents_.LoseBy({.method = "textDocument/didChange",
                                .uri = params.uri,
                                .language_id = params.language_id}),
             params.because);
      });
  dispatcher_.OnNotification<lsp::DidSaveParams>(
      "textDocument/didSave",
      [this](const lsp::DidSaveParams& params) { FilesChanged({params.uri}); });
  dispatcher_.OnNotification<lsp::DidChangeWatchedFilesParams>(
      std::string(kFilesMethod),
      [this](const lsp::DidChangeWatchedFilesParams& params) {
        std::vector<std::string> uris;
        for (const lsp::FileEvent& event : params.changes) {
          uris.push_back(event.uri);
        }
        FilesChanged(uris);
      });
  dispatcher_.OnNotification<lsp::DidFocusParams>(
      "textDocument/didFocus",
      [this](const lsp::DidFocusParams& params) { Focus(params); });
}

void LspSession::FilesChanged(const std::vector<std::string>& uris) {
  std::vector<std::string> files;
  for (const std::string& uri : uris) {
    if (auto file = lsp::UriToPath(uri)) files.push_back(std::move(*file));
  }
  contexts_.FilesChanged(files);
}

void LspSession::Change(const lsp::DidChangeParams& params) {
  const bool was_lost = documents_.IsLost(params.uri);
  const auto changed = documents_.Change(params);
  if (!changed) {
    LogProblem(changed.error());
    if (!was_lost && documents_.IsLost(params.uri)) {
      Lost({params.uri}, changed.error().message);
    }
    return;
  }
  if (!changed->warning.empty()) {
    Log(lsp::MessageType::kWarning, changed->warning);
  }
  completions_.Changed(*changed);
}

void LspSession::Lost(const std::vector<std::string>& uris,
                      const std::string& why) {
  if (uris.empty()) return;
  for (const std::string& uri : uris) completions_.Forbidden(uri);
  Release();
  if (why.empty()) return;
  constexpr size_t kShown = 200;
  const std::string name = uris.size() == 1
                               ? base::ToValidUtf8(uris[0].substr(0, kShown))
                               : fmt::format("{} documents", uris.size());
  Tell(lsp::MessageType::kWarning,
       fmt::format("krait does not know the text of {} any more, and completes "
                   "nothing there until it is opened again: {}",
                   name, why));
}

void LspSession::Unread(const lsp::Glimpse& glimpse, const lsp::Error& error) {
  Lost(documents_.LoseBy(glimpse), error.message);
  // It may forbid something.
  if (glimpse.method == kSettingsMethod) {
    settings_.Distrust(error.message);
    PermissionsChanged();
  }
}

void LspSession::HandleTooLarge(const lsp::Glimpse& glimpse) {
  const lsp::Error error = lsp::TooLarge(glimpse);
  LogProblem(error);
  if (glimpse.is_request()) {
    outbox_->Send(lsp::ErrorText(*glimpse.id, error));
  }
  Unread(glimpse, error);
}

void LspSession::Focus(const lsp::DidFocusParams& params) {
  focused_ = params.uri.value_or("");
  if (params.uri) completions_.Focused(*params.uri, params.position);
  ShowStatus();
}

// Completion ------------------------------------------------------------------

void LspSession::BindCompletion() {
  dispatcher_.OnRequest<lsp::InlineCompletionParams>(
      "textDocument/inlineCompletion",
      [this](const lsp::InlineCompletionParams& params,
             const lsp::Reply& reply) {
        focused_ = params.uri;
        WhenKnown(params.uri, reply, [this, params, reply] {
          completions_.Inline(params, reply);
        });
      });
  dispatcher_.OnRequest<lsp::CompletionParams>(
      "textDocument/completion",
      [this](const lsp::CompletionParams& params, const lsp::Reply& reply) {
        focused_ = params.uri;
        WhenKnown(params.uri, reply,
                  [this, params, reply] { completions_.Popup(params, reply); });
      });
  dispatcher_.OnRequest<lsp::ExplainParams>(
      "krait/explain",
      [this](const lsp::ExplainParams& params, const lsp::Reply& reply) {
        Explain(params, reply);
      });
  dispatcher_.OnRequest<lsp::NoParams>(
      "krait/status",
      [this](const lsp::NoParams&, const lsp::Reply& reply) { Status(reply); });
  dispatcher_.OnRequest<lsp::AskParams>(
      "krait/ask",
      [this](const lsp::AskParams& params, const lsp::Reply& reply) {
        // Where the document lies is known by then, too.
        WhenKnown(params.uri.value_or(""), reply,
                  [this, params, reply] { Ask(params, reply); });
      });
}

void LspSession::Ask(const lsp::AskParams& params, const lsp::Reply& reply) {
  const completion::FileRules& rules = settings_.rules().files;
  const auto folder = documents_.FolderAsked(params.uri);
  std::string why_not;
  if (!folder) {
    why_not = "no folder is open, and the document lies in no repository";
  } else if (!settings_.known() || !rules.trusted()) {
    why_not = "it is not known what may be read";
  }
  if (!why_not.empty()) {
    return reply.Fail(lsp::MakeError(lsp::ErrorCode::kRequestFailed,
                                     "krait/ask: " + why_not));
  }
  questions_.Ask({.root = *folder,
                  .question = params.question,
                  .earlier = TurnsOf(params),
                  .rules = rules,
                  .partial_result_token = params.partial_result_token},
                 reply);
}

void LspSession::BindReports() {
  dispatcher_.OnNotification<lsp::DidShowCompletionParams>(
      "textDocument/didShowCompletion",
      [this](const lsp::DidShowCompletionParams& params) {
        suggestions_.Shown(params.id);
      });
  dispatcher_.OnNotification<lsp::DidPartiallyAcceptParams>(
      "textDocument/didPartiallyAcceptCompletion",
      [this](const lsp::DidPartiallyAcceptParams& params) {
        suggestions_.PartiallyAccepted(params.id, params.accepted_length);
      });
  dispatcher_.OnRequest<lsp::ExecuteCommandParams>(
      "workspace/executeCommand",
      [this](const lsp::ExecuteCommandParams& params, const lsp::Reply& reply) {
        Execute(params, reply);
      });
}

void LspSession::Execute(const lsp::ExecuteCommandParams& params,
                         const lsp::Reply& reply) {
  if (params.command != kAcceptedCommand) {
    return reply.Fail(lsp::MakeError(
        lsp::ErrorCode::kInvalidParams,
        fmt::format("workspace/executeCommand: command: expected {}, got {}",
                    kAcceptedCommand, params.command)));
  }
  suggestions_.Accepted(FirstText(params.arguments));
  reply.Succeed(lsp::RawJson{});
}

void LspSession::Explain(const lsp::ExplainParams& params,
                         const lsp::Reply& reply) {
  if (documents_.Get(params.uri) == nullptr) {
    return reply.Fail(NotOpen(reply.method(), params.uri));
  }
  const auto trace = completions_.given().TraceOf(params.uri);
  if (!trace) return reply.Succeed(lsp::RawJson{});  // null: none so far
  boost::json::object json = completion::TraceToJson(*trace);
  const ShownCompletion* const shown = completions_.given().ShownIn(params.uri);
  if (shown != nullptr) {
    json["shown"] = {{"text", shown->text},
                     {"typed", shown->typed},
                     {"position",
                      {{"line", shown->position.line},
                       {"character", shown->position.character}}}};
  }
  reply.Succeed(lsp::RawJson{base::JsonText(json)});
}

void LspSession::Status(const lsp::Reply& reply) {
  boost::json::object json = HostToJson(host_);
  json["documents"] = DocumentsToJson(status().documents);
  AddAcceptance(acceptance_, &json);
  reply.Succeed(lsp::RawJson{base::JsonText(json)});
}

SessionStatus LspSession::status() const {
  SessionStatus status{.client = client_name_, .documents = {}};
  for (const auto& document : documents_.All()) {
    status.documents.push_back(
        {.document = document,
         .trace = completions_.given().TraceOf(document->uri)});
  }
  return status;
}

}  // namespace krait::daemon
