// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/session_completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <iterator>
#include <stop_token>
#include <utility>

#include "daemon/completion/shown/seam.h"
#include "daemon/completion/trace_json.h"
#include "daemon/json_text.h"
#include "daemon/log.h"
#include "daemon/session/completion_answers.h"
#include "daemon/session/lsp_errors.h"
#include "lsp/position.h"

namespace krait::daemon {
namespace {

// Who types on does not look at what is shown, and would have it for nothing.
constexpr std::chrono::milliseconds kPrefetchDelay{150};

// Beside the first, for who asks by hand.
constexpr size_t kMostAlternatives = 2;

}  // namespace

struct SessionCompletions::Pending {
  Pending(lsp::Reply to, lsp::DocumentSnapshot snapshot, size_t cursor)
      : reply(std::move(to)),
        document(std::move(snapshot)),
        cursor_ofs(cursor) {}

  lsp::Reply reply;
  std::stop_source stop;
  lsp::DocumentSnapshot document;
  size_t cursor_ofs;
  completion::CompletionRequest request;
  bool popup = false;  // textDocument/completion
  bool invoked = false;
  // What the popup's selection would replace and put there, if there is one.
  lsp::Range replaced;
  std::string selected;
  std::optional<std::stop_callback<std::function<void()>>> on_cancel;
};

SessionCompletions::SessionCompletions(Session session,
                                       std::function<void()> on_change)
    : session_(session),
      on_change_(std::move(on_change)),
      id_(session.host.NewSession()),
      self_(std::make_shared<SessionCompletions*>(this)) {}

SessionCompletions::~SessionCompletions() {
  for (const auto& [uri, state] : states_) {
    for (const auto& [method, pending] : state.pending) {
      pending->stop.request_stop();
    }
  }
  session_.host.DropSession(id_);
}

bool SessionCompletions::busy() const {
  return std::any_of(states_.begin(), states_.end(), [](const auto& entry) {
    return !entry.second.pending.empty();
  });
}

std::optional<completion::CompletionTrace> SessionCompletions::TraceOf(
    const std::string& uri) const {
  const auto state = states_.find(uri);
  return state == states_.end() ? std::nullopt : state->second.trace;
}

const ShownCompletion* SessionCompletions::ShownIn(
    const std::string& uri) const {
  const auto state = states_.find(uri);
  if (state == states_.end() || !state->second.shown) return nullptr;
  return &*state->second.shown;
}

// Documents -------------------------------------------------------------------

void SessionCompletions::Changed(const lsp::DocumentChange& change) {
  session_.suggestions.Changed(change);
  if (change.edits.empty()) return;
  const lsp::ByteEdit& last = change.edits.back();
  // A whole new text does not say where the user is.
  if (last.text.size() == change.after->text.size()) return;
  WarmAt(change.after, last.begin_ofs + last.text.size());
}

void SessionCompletions::Closed(const std::string& uri) {
  const auto state = states_.find(uri);
  if (state != states_.end()) {
    Drop(&state->second, Superseded());
    states_.erase(state);
  }
  session_.host.Drop(KeyOf(uri));
  session_.suggestions.Closed(uri);
}

void SessionCompletions::Forbidden(const std::string& uri) {
  const auto state = states_.find(uri);
  if (state != states_.end()) {
    Drop(&state->second, Superseded());
    state->second.given.reset();
  }
  session_.host.Drop(KeyOf(uri));
}

void SessionCompletions::Forget(const std::string& uri,
                                std::vector<std::string> files) {
  Forbidden(uri);
  states_.erase(uri);
  session_.suggestions.Closed(uri);
  session_.host.Forbid(KeyOf(uri), std::move(files));
}

void SessionCompletions::Focused(const std::string& uri,
                                 const std::optional<lsp::Position>& position) {
  const auto document = session_.documents.Get(uri);
  if (document == nullptr) return;
  if (position) {
    WarmAt(document, lsp::ToByteOffset(document->text, *position,
                                       session_.documents.encoding()));
  } else if (const auto state = states_.find(uri); state != states_.end()) {
    WarmAt(document, std::min(state->second.cursor_ofs, document->text.size()));
  }
}

void SessionCompletions::WarmAt(const lsp::DocumentSnapshot& document,
                                size_t cursor_ofs) {
  states_[document->uri].cursor_ofs = cursor_ofs;
  completion::CompletionRequest request = session_.documents.RequestAt(
      *document, cursor_ofs, session_.settings.completion().limits);
  request.syntax = session_.documents.SyntaxAt(document, cursor_ofs);
  request.others = session_.documents.Nearby(*document);
  Warm(*document, std::move(request));
}

void SessionCompletions::WarmBehind(const lsp::Document& document,
                                    completion::CompletionRequest request,
                                    const std::string& text) {
  request.before += text;
  std::optional<completion::Clock::time_point> prefetch_at;
  if (session_.settings.rules().prefetch) {
    prefetch_at = completion::Clock::now() + kPrefetchDelay;
  }
  Warm(document, std::move(request), prefetch_at);
}

void SessionCompletions::Warm(
    const lsp::Document& document, completion::CompletionRequest request,
    std::optional<completion::Clock::time_point> prefetch_at) {
  if (!session_.documents.PermissionOf(document.uri).granted()) return;
  const completion::CompletionRules& rules = session_.settings.rules();
  const completion::CompletionSubject subject{
      .unread_because = {},
      .language_id = document.language_id,
      .model_languages = session_.host.model_languages()};
  // On demand, the demand is to find it warm.
  completion::CompletionRules always = rules;
  always.trigger = completion::CompletionTrigger::kAutomatic;
  if (!completion::WhyForbidden(always, subject, /*invoked=*/false).empty())
    return;
  session_.host.Warm({.document = KeyOf(document.uri),
                      .request = std::move(request),
                      .options = session_.settings.completion(),
                      .prefetch_at = prefetch_at});
}

// Requests --------------------------------------------------------------------

SessionCompletions::PendingPtr SessionCompletions::Begin(
    const std::string& uri, const lsp::Position& position,
    const lsp::Reply& reply) {
  auto document = session_.documents.Get(uri);
  if (document == nullptr) {
    reply.Fail(NotOpen(reply.method(), uri));
    return nullptr;
  }
  const size_t cursor = lsp::ToByteOffset(document->text, position,
                                          session_.documents.encoding());
  auto pending = std::make_shared<Pending>(reply, document, cursor);
  pending->request = session_.documents.RequestAt(
      *document, cursor, session_.settings.completion().limits);
  pending->request.syntax = session_.documents.SyntaxAt(document, cursor);
  pending->request.others = session_.documents.Nearby(*document);
  return pending;
}

void SessionCompletions::Inline(const lsp::InlineCompletionParams& params,
                                const lsp::Reply& reply) {
  const PendingPtr pending = Begin(params.uri, params.position, reply);
  if (pending == nullptr) return;
  if (params.selected) {
    // Completed as if the popup's selection had been accepted.
    const lsp::Document& document = *pending->document;
    const lsp::Range& range = params.selected->range;
    const auto encoding = session_.documents.encoding();
    const size_t begin =
        lsp::ToByteOffset(document.text, range.start, encoding);
    const size_t end = lsp::ToByteOffset(document.text, range.end, encoding);
    if (begin <= pending->cursor_ofs && pending->cursor_ofs <= end) {
      const auto& limits = session_.settings.completion().limits;
      pending->request.before =
          session_.documents.RequestAt(document, begin, limits).before +
          params.selected->text;
      pending->request.after =
          session_.documents.RequestAt(document, end, limits).after;
      // No tree has that text.
      pending->request.syntax = {.language = pending->request.syntax.language};
      pending->selected = params.selected->text;
      pending->replaced = range;
    }
  }
  Start(pending, params.trigger_kind == lsp::InlineTriggerKind::kInvoked);
}

void SessionCompletions::Popup(const lsp::CompletionParams& params,
                               const lsp::Reply& reply) {
  const PendingPtr pending = Begin(params.uri, params.position, reply);
  if (pending == nullptr) return;
  pending->popup = true;
  if (!session_.settings.rules().menu_item) {
    return Answer(*pending, pending->document, pending->cursor_ofs, {});
  }
  // Editors say kInvoked while the user types, too.
  Start(pending, /*invoked=*/false);
}

void SessionCompletions::Start(const PendingPtr& pending, bool invoked) {
  DocumentState& state = states_[pending->document->uri];
  state.cursor_ofs = pending->cursor_ofs;
  PendingPtr& slot = state.pending[pending->reply.method()];
  if (slot != nullptr) {
    slot->stop.request_stop();
    slot->reply.Fail(Superseded());
  }
  slot = pending;
  pending->invoked = invoked;
  // Who asks by hand has seen what is there, and wants more of it or others.
  if (AnswerForbidden(pending, invoked) ||
      (!invoked && AnswerTypedThrough(pending)) ||
      AnswerNowhere(pending, invoked)) {
    state.pending.erase(pending->reply.method());
    return on_change_();
  }
  // Weak: the callback is a part of what it would keep alive.
  pending->on_cancel.emplace(pending->reply.stop_token(),
                             [weak = std::weak_ptr<Pending>(pending)] {
                               const auto cancelled = weak.lock();
                               if (cancelled == nullptr) return;
                               cancelled->stop.request_stop();
                               cancelled->reply.Fail(CancelledByClient());
                             });
  Run(pending, invoked);
  on_change_();
}

bool SessionCompletions::AnswerForbidden(const PendingPtr& pending,
                                         bool invoked) {
  const completion::ReadPermission permission =
      session_.documents.PermissionOf(pending->document->uri);
  const std::string unread_because =
      permission.pending ? "it is not known yet whether it may be read"
                         : permission.why_not;
  const completion::CompletionSubject subject{
      .unread_because = unread_because,
      .language_id = pending->document->language_id,
      .model_languages = session_.host.model_languages()};
  std::string why =
      completion::WhyForbidden(session_.settings.rules(), subject, invoked);
  if (why.empty()) return false;
  AnswerNothing(pending, std::move(why));
  return true;
}

// What is being typed through may end in front of a word.
bool SessionCompletions::AnswerNowhere(const PendingPtr& pending,
                                       bool invoked) {
  std::string why = completion::WhyNotHere(pending->request.before,
                                           pending->request.after, invoked);
  if (why.empty()) return false;
  AnswerNothing(pending, std::move(why));
  return true;
}

void SessionCompletions::AnswerNothing(const PendingPtr& pending,
                                       std::string why) {
  completion::CompletionTrace trace;
  trace.plan = "none";
  trace.suppressed_by = std::move(why);
  SetTrace(pending->document->uri, std::move(trace));
  Answer(*pending, pending->document, pending->cursor_ofs, {});
}

bool SessionCompletions::AnswerTypedThrough(const PendingPtr& pending) {
  DocumentState& state = states_[pending->document->uri];
  // What was hurried is not gone on with: it is answered anew.
  if (!state.given || !state.given->trace.hurried.empty()) return false;
  const auto rest =
      completion::TypedThrough(state.given->completion, pending->request);
  if (!rest) return false;
  completion::CompletionTrace counted;
  counted.plan = "typed-through";
  session_.host.statistics().Add(counted, completion::Clock::duration::zero());
  completion::CompletionTrace trace = state.given->trace;
  trace.typed_through = true;
  SetTrace(pending->document->uri, std::move(trace));
  SetShown(&state, *rest);
  Answer(*pending, pending->document, pending->cursor_ofs, *rest);
  // The edit that typed it has replaced the job that was there for the end.
  pending->request.syntax = {};
  WarmBehind(*pending->document, pending->request, *rest);
  return true;
}

void SessionCompletions::Run(const PendingPtr& pending, bool invoked) {
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
  const auto state = states_.find(uri);
  if (state != states_.end()) {
    auto& waiting = state->second.pending;
    const auto slot = waiting.find(pending->reply.method());
    if (slot != waiting.end() && slot->second == pending) waiting.erase(slot);
  }
  if (!completion) {
    // Why there is no model has been shown already: one message is enough.
    const auto& loaded = session_.host.loaded();
    if (loaded && !*loaded) {
      AnswerText(*pending, {});
    } else {
      pending->reply.Fail(ToLspError(completion.error()));
    }
    return on_change_();
  }
  if (state == states_.end()) return pending->reply.Fail(Superseded());
  if (!session_.documents.PermissionOf(uri).granted()) {
    return pending->reply.Fail(Superseded());
  }
  // What the model knows may not have been known before it was loaded.
  if (AnswerForbidden(pending, pending->invoked)) return on_change_();
  SetTrace(uri, completion->trace);
  // Its tree has done its service; copies of the request are kept for long.
  pending->request.syntax = {};
  state->second.given = Given{
      .completion = {.request = pending->request, .text = completion->text},
      .trace = completion->trace,
      .position = lsp::ToPosition(pending->document->text, pending->cursor_ofs,
                                  session_.documents.encoding())};
  // So have the other documents, which may be closed or forbidden by then.
  state->second.given->completion.request.others.clear();
  SetShown(&state->second, completion->text);
  if (AnswerText(*pending, completion->text, completion->alternatives)) {
    WarmBehind(*pending->document, pending->request, completion->text);
  } else if (session_.documents.Get(uri) == pending->document) {
    // If it came from a quicker plan than the best one, that is read now.
    Warm(*pending->document, pending->request);
  }
  on_change_();
}

void SessionCompletions::SetTrace(const std::string& uri,
                                  completion::CompletionTrace trace) {
  WriteLog(
      LogLevel::kDebug,
      fmt::format("{}: {}", uri, JsonText(completion::TraceToJson(trace))));
  last_trace_ = trace;
  DocumentState& state = states_[uri];
  state.trace = std::move(trace);
  state.shown.reset();
}

void SessionCompletions::SetShown(DocumentState* state,
                                  const std::string& rest) {
  if (rest.empty()) return state->shown.reset();
  const std::string& text = state->given->completion.text;
  state->shown =
      ShownCompletion{.text = text,
                      .typed = text.substr(0, text.size() - rest.size()),
                      .position = state->given->position};
}

// Answers ---------------------------------------------------------------------

bool SessionCompletions::AnswerText(
    const Pending& pending, const std::string& text,
    const std::vector<std::string>& alternatives) {
  const auto now = session_.documents.Get(pending.document->uri);
  if (now == nullptr || now == pending.document) {
    Answer(pending, pending.document, pending.cursor_ofs, text, alternatives);
    return !text.empty();
  }
  // The document moved on. If what was typed is what we say, the rest of it
  // still holds, further on.
  const size_t before_size = pending.document->text.size();
  const size_t cursor = pending.cursor_ofs + (now->text.size() - before_size);
  const bool grew = now->text.size() >= before_size &&
                    now->text.size() - before_size <= 2 * text.size() &&
                    cursor <= now->text.size();
  if (grew && pending.selected.empty()) {
    // A line end may be two characters, where the completion has one.
    const std::string added = now->text.Copy(pending.cursor_ofs, cursor);
    const size_t typed =
        added.size() - static_cast<size_t>(std::ranges::count(added, '\r'));
    const auto rest = completion::TypedThrough(
        {.request = pending.request, .text = text},
        session_.documents.RequestAt(*now, cursor,
                                     session_.settings.completion().limits));
    if (rest && rest->size() + typed == text.size()) {
      SetShown(&states_[now->uri], *rest);
      Answer(pending, now, cursor, *rest);
      return !rest->empty();
    }
  }
  DocumentState& state = states_[now->uri];
  if (state.trace) state.trace->suppressed_by = "the document changed";
  state.shown.reset();
  Answer(pending, now, std::min(cursor, now->text.size()), {});
  return false;
}

void SessionCompletions::Answer(const Pending& pending,
                                const lsp::DocumentSnapshot& document,
                                size_t cursor_ofs, const std::string& text,
                                const std::vector<std::string>& alternatives) {
  Suggestions::Offer offer{
      .document = document, .cursor_ofs = cursor_ofs, .text = text, .plan = {}};
  AnswerPlace place{.document = *document,
                    .cursor_ofs = cursor_ofs,
                    .encoding = session_.documents.encoding(),
                    .suggestion_id = {}};
  if (!text.empty()) {
    const auto& trace = states_[document->uri].trace;
    if (trace) offer.plan = trace->plan;
    place.suggestion_id = session_.suggestions.Give(offer);
  }
  if (pending.popup) return pending.reply.Succeed(PopupAnswer(place, text));
  if (!pending.selected.empty()) {
    return pending.reply.Succeed(
        SelectedAnswer(place, pending.replaced, pending.selected, text));
  }
  auto list = InlineAnswer(place, text);
  for (const std::string& alternative : alternatives) {
    offer.text = alternative;
    place.suggestion_id = session_.suggestions.GiveAlternative(offer);
    auto items = InlineAnswer(place, alternative).items;
    std::ranges::move(items, std::back_inserter(list.items));
  }
  pending.reply.Succeed(list);
}

void SessionCompletions::Drop(DocumentState* state, const lsp::Error& error) {
  const auto dropped = std::exchange(state->pending, {});
  for (const auto& [method, pending] : dropped) {
    pending->stop.request_stop();
    pending->reply.Fail(error);
  }
}

void SessionCompletions::FailAll(const lsp::Error& error) {
  for (auto& [uri, state] : states_) Drop(&state, error);
}

}  // namespace krait::daemon
