// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/session_completions.h"

#include <stop_token>
#include <utility>

#include "daemon/completion/rules/completion_rules.h"
#include "daemon/completion/shown/seam.h"
#include "daemon/session/lsp_errors.h"
#include "lsp/position.h"

namespace krait::daemon {
namespace {

// Beside the first, for who asks by hand.
constexpr size_t kMostAlternatives = 2;

}  // namespace

SessionCompletions::SessionCompletions(Session session,
                                       std::function<void()> on_change)
    : session_(session),
      on_change_(std::move(on_change)),
      id_(session.host.NewSession()),
      given_({.documents = session.documents,
              .settings = session.settings,
              .suggestions = session.suggestions}),
      warming_({.host = session.host,
                .documents = session.documents,
                .settings = session.settings,
                .contexts = session.contexts,
                .session = id_}),
      self_(std::make_shared<SessionCompletions*>(this)) {}

SessionCompletions::~SessionCompletions() {
  session_.host.DropSession(id_);
}

// Documents -------------------------------------------------------------------

void SessionCompletions::Changed(const lsp::DocumentChange& change) {
  session_.suggestions.Changed(change);
  warming_.Edited(change);
  if (change.edits.empty()) return;
  const lsp::ByteEdit& last = change.edits.back();
  // A whole new text does not say where the user is.
  if (last.text.size() == change.after->text.size()) return;
  warming_.WarmAt(change.after, last.begin_ofs + last.text.size());
}

void SessionCompletions::Closed(const std::string& uri) {
  Forbidden(uri);
  given_.Forget(uri);
  warming_.Forget(uri);
  if (session_.contexts != nullptr) session_.contexts->Close(uri);
  session_.suggestions.Closed(uri);
}

void SessionCompletions::ForgetContexts() {
  if (session_.contexts == nullptr || session_.contexts->Forget().empty()) {
    return;
  }
  // Nothing of them is on the disk.
  session_.host.Forget({.paths = std::vector<std::string>()}, [](size_t) {});
}

void SessionCompletions::Forbidden(const std::string& uri) {
  pending_.Fail(uri, Superseded());
  given_.Withdraw(uri);
  session_.host.Drop(KeyOf(uri));
}

void SessionCompletions::Forget(const std::string& uri,
                                std::vector<std::string> files) {
  Closed(uri);
  session_.host.Forbid(KeyOf(uri), std::move(files));
}

void SessionCompletions::Focused(const std::string& uri,
                                 const std::optional<lsp::Position>& position) {
  const auto document = session_.documents.Get(uri);
  if (document == nullptr) return;
  if (!position) return warming_.WarmWhereLast(document);
  warming_.WarmAt(document, lsp::ToByteOffset(document->text, *position,
                                              session_.documents.encoding()));
}

// Requests --------------------------------------------------------------------

PendingPtr SessionCompletions::Begin(const std::string& uri,
                                     const lsp::Position& position,
                                     const lsp::Reply& reply) {
  auto document = session_.documents.Get(uri);
  if (document == nullptr) {
    reply.Fail(NotOpen(reply.method(), uri));
    return nullptr;
  }
  const size_t cursor = lsp::ToByteOffset(document->text, position,
                                          session_.documents.encoding());
  auto pending = std::make_shared<PendingCompletion>(reply, document, cursor);
  pending->request = session_.documents.RequestAt(
      *document, cursor, session_.settings.completion().limits);
  pending->request.syntax = session_.documents.SyntaxAt(document, cursor);
  pending->request.others = session_.documents.Nearby(*document);
  pending->request.repository = session_.documents.RepositoryOf(*document);
  return pending;
}

void SessionCompletions::Inline(const lsp::InlineCompletionParams& params,
                                const lsp::Reply& reply) {
  const PendingPtr pending = Begin(params.uri, params.position, reply);
  if (pending == nullptr) return;
  if (params.selected) Select(*params.selected, pending.get());
  Start(pending, params.trigger_kind == lsp::InlineTriggerKind::kInvoked);
}

void SessionCompletions::Select(const lsp::SelectedCompletion& selected,
                                PendingCompletion* pending) {
  const lsp::Document& document = *pending->document;
  const auto encoding = session_.documents.encoding();
  const size_t begin =
      lsp::ToByteOffset(document.text, selected.range.start, encoding);
  const size_t end =
      lsp::ToByteOffset(document.text, selected.range.end, encoding);
  if (pending->cursor_ofs < begin || end < pending->cursor_ofs) return;
  const auto& limits = session_.settings.completion().limits;
  pending->request.before =
      session_.documents.RequestAt(document, begin, limits).before +
      selected.text;
  pending->request.after =
      session_.documents.RequestAt(document, end, limits).after;
  // No tree has that text.
  pending->request.syntax = {.language = pending->request.syntax.language};
  pending->selected = selected.text;
  pending->replaced = selected.range;
}

void SessionCompletions::Popup(const lsp::CompletionParams& params,
                               const lsp::Reply& reply) {
  const PendingPtr pending = Begin(params.uri, params.position, reply);
  if (pending == nullptr) return;
  pending->popup = true;
  if (!session_.settings.rules().menu_item) {
    return given_.AnswerEmpty(*pending);
  }
  // Editors say kInvoked while the user types, too.
  Start(pending, /*invoked=*/false);
}

void SessionCompletions::Start(const PendingPtr& pending, bool invoked) {
  pending->invoked = invoked;
  given_.Open(pending->document->uri);
  warming_.Seen(*pending->document, pending->cursor_ofs);
  pending_.Add(pending);
  // Who asks by hand has seen what is there, and wants more of it or others.
  if (AnswerForbidden(*pending) || (!invoked && AnswerTypedThrough(pending)) ||
      AnswerNowhere(*pending)) {
    pending_.Remove(pending);
    return on_change_();
  }
  PendingCompletions::ListenForCancel(pending);
  Run(pending);
  on_change_();
}

bool SessionCompletions::AnswerForbidden(const PendingCompletion& pending) {
  const completion::ReadPermission permission =
      session_.documents.PermissionOf(pending.document->uri);
  const std::string unread_because =
      permission.pending ? "it is not known yet whether it may be read"
                         : permission.why_not;
  const completion::CompletionSubject subject{
      .unread_because = unread_because,
      .language_id = pending.document->language_id,
      .model_languages = session_.host.model_languages()};
  std::string why =
      completion::WhyForbidden(session_.settings.rules(), subject,
                               pending.invoked ? completion::Occasion::kInvoked
                                               : completion::Occasion::kTyped);
  if (why.empty()) return false;
  given_.AnswerNothing(pending, std::move(why));
  return true;
}

// What is being typed through may end in front of a word.
bool SessionCompletions::AnswerNowhere(const PendingCompletion& pending) {
  std::string why = completion::WhyNotHere(
      pending.request.before, pending.request.after, pending.invoked);
  if (why.empty()) return false;
  given_.AnswerNothing(pending, std::move(why));
  return true;
}

bool SessionCompletions::AnswerTypedThrough(const PendingPtr& pending) {
  const auto rest = given_.AnswerTypedThrough(*pending);
  if (!rest) return false;
  completion::CompletionTrace counted;
  counted.plan = completion::PromptPlan::kTypedThrough;
  session_.host.statistics().Add(counted, completion::Clock::duration::zero());
  // The edit that typed it has replaced the job that was there for the end.
  pending->request.syntax = {};
  warming_.WarmBehind(*pending->document, pending->request, *rest);
  return true;
}

void SessionCompletions::Run(const PendingPtr& pending) {
  const bool invoked = pending->invoked;
  completion::CompletionOptions options = session_.settings.completion();
  options.invoked = invoked;
  options.show_unchecked = invoked;
  if (invoked && pending->selected.empty()) {
    options.alternatives = kMostAlternatives;
  }
  const completion::Clock::time_point now = completion::Clock::now();
  const auto debounce = session_.settings.rules().debounce;
  session_.host.Complete(
      {.document = KeyOf(pending->document->uri),
       .request = pending->request,
       .options = options,
       .stop = pending->stop.get_token(),
       .on_done =
           [weak = std::weak_ptr(self_), pending](const auto& completion) {
             if (const auto self = weak.lock()) {
               (*self)->Finish(pending, completion);
             }
           },
       .queued = now,
       .not_before = invoked ? now : now + debounce});
}

void SessionCompletions::Finish(
    const PendingPtr& pending,
    const base::Result<completion::Completion>& completion) {
  const std::string& uri = pending->document->uri;
  pending_.Remove(pending);
  if (!completion) {
    FinishWithout(pending, completion.error());
    return on_change_();
  }
  if (pending->request.may_leave) ++for_elsewhere_;
  if (!given_.Knows(uri) || !session_.documents.PermissionOf(uri).granted()) {
    return pending->reply.Fail(Superseded());
  }
  // What the model knows may not have been known before it was loaded.
  if (AnswerForbidden(*pending)) return on_change_();
  if (given_.AnswerNew(pending.get(), *completion)) {
    warming_.WarmBehind(*pending->document, pending->request, completion->text);
  } else if (session_.documents.Get(uri) == pending->document) {
    // If it came from a quicker plan than the best one, that is read now.
    warming_.Warm(*pending->document, pending->request);
  }
  on_change_();
}

void SessionCompletions::FinishWithout(const PendingPtr& pending,
                                       const base::Error& error) {
  // Why there is no model has been shown already: one message is enough.
  const auto& loaded = session_.host.loaded();
  if (loaded && !*loaded) return given_.AnswerEmpty(*pending);
  pending->reply.Fail(ToLspError(error));
}

}  // namespace krait::daemon
