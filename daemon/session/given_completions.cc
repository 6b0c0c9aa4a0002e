// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/given_completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <iterator>
#include <utility>

#include "base/json_text.h"
#include "daemon/completion/trace_json.h"
#include "daemon/log.h"
#include "daemon/session/completion_answers.h"

namespace krait::daemon {

void GivenCompletions::Withdraw(const std::string& uri) {
  const auto state = states_.find(uri);
  if (state != states_.end()) state->second.given.reset();
}

std::optional<completion::CompletionTrace> GivenCompletions::TraceOf(
    const std::string& uri) const {
  const auto state = states_.find(uri);
  return state == states_.end() ? std::nullopt : state->second.trace;
}

const ShownCompletion* GivenCompletions::ShownIn(const std::string& uri) const {
  const auto state = states_.find(uri);
  if (state == states_.end() || !state->second.shown) return nullptr;
  return &*state->second.shown;
}

void GivenCompletions::AnswerNothing(const PendingCompletion& pending,
                                     std::string why) {
  completion::CompletionTrace trace;
  trace.plan = completion::PromptPlan::kNone;
  trace.suppressed_by = std::move(why);
  SetTrace(pending.document->uri, std::move(trace));
  AnswerEmpty(pending);
}

void GivenCompletions::AnswerEmpty(const PendingCompletion& pending) {
  Answer(pending, pending.document, pending.cursor_ofs, {});
}

std::optional<std::string> GivenCompletions::AnswerTypedThrough(
    const PendingCompletion& pending) {
  DocumentState& state = states_[pending.document->uri];
  // What was hurried is not continued: it is answered anew.
  if (!state.given || !state.given->trace.hurried.empty()) return std::nullopt;
  auto rest =
      completion::TypedThrough(state.given->completion, pending.request);
  if (!rest) return std::nullopt;
  completion::CompletionTrace trace = state.given->trace;
  trace.typed_through = true;
  SetTrace(pending.document->uri, std::move(trace));
  SetShown(&state, *rest);
  Answer(pending, pending.document, pending.cursor_ofs, *rest);
  return rest;
}

bool GivenCompletions::AnswerNew(PendingCompletion* pending,
                                 const completion::Completion& completion) {
  const std::string& uri = pending->document->uri;
  SetTrace(uri, completion.trace);
  // The tree is not needed any more; copies of the request are kept for long.
  pending->request.syntax = {};
  DocumentState& state = states_[uri];
  state.given = Given{
      .completion = {.request = pending->request, .text = completion.text},
      .trace = completion.trace,
      .position = lsp::ToPosition(pending->document->text, pending->cursor_ofs,
                                  parts_.documents.encoding())};
  // Nor are the other documents, which may be closed or forbidden by then.
  state.given->completion.request.others.clear();
  state.given->completion.request.repository = nullptr;
  SetShown(&state, completion.text);
  return AnswerText(*pending, completion.text, completion.alternatives);
}

void GivenCompletions::SetTrace(const std::string& uri,
                                completion::CompletionTrace trace) {
  if (IsLogged(LogLevel::kDebug)) {
    WriteLog(LogLevel::kDebug,
             fmt::format("{}: {}", uri,
                         base::JsonText(completion::TraceToJson(trace))));
  }
  last_trace_ = trace;
  DocumentState& state = states_[uri];
  state.trace = std::move(trace);
  state.shown.reset();
}

void GivenCompletions::SetShown(DocumentState* state, const std::string& rest) {
  if (rest.empty()) return state->shown.reset();
  const std::string& text = state->given->completion.text;
  state->shown =
      ShownCompletion{.text = text,
                      .typed = text.substr(0, text.size() - rest.size()),
                      .position = state->given->position};
}

bool GivenCompletions::AnswerText(
    const PendingCompletion& pending, const std::string& text,
    const std::vector<std::string>& alternatives) {
  const auto now = parts_.documents.Get(pending.document->uri);
  if (now == nullptr || now == pending.document) {
    Answer(pending, pending.document, pending.cursor_ofs, text, alternatives);
    return !text.empty();
  }
  // The document moved on. If what was typed is what we say, the rest of it
  // still holds, further on.
  const size_t cursor =
      pending.cursor_ofs + (now->text.size() - pending.document->text.size());
  DocumentState& state = states_[now->uri];
  if (const auto rest = RestOf(pending, *now, text)) {
    SetShown(&state, *rest);
    Answer(pending, now, cursor, *rest);
    return !rest->empty();
  }
  if (state.trace) state.trace->suppressed_by = "the document changed";
  state.shown.reset();
  Answer(pending, now, std::min(cursor, now->text.size()), {});
  return false;
}

std::optional<std::string> GivenCompletions::RestOf(
    const PendingCompletion& pending, const lsp::Document& now,
    const std::string& text) const {
  const size_t before_size = pending.document->text.size();
  if (!pending.selected.empty() || now.text.size() < before_size) {
    return std::nullopt;
  }
  const size_t grown = now.text.size() - before_size;
  const size_t cursor = pending.cursor_ofs + grown;
  if (grown > 2 * text.size() || cursor > now.text.size()) return std::nullopt;
  // A line end may be two characters, where the completion has one.
  const std::string added = now.text.Copy(pending.cursor_ofs, cursor);
  const size_t typed =
      added.size() - static_cast<size_t>(std::ranges::count(added, '\r'));
  auto rest = completion::TypedThrough(
      {.request = pending.request, .text = text},
      parts_.documents.RequestAt(now, cursor,
                                 parts_.settings.completion().limits));
  if (!rest || rest->size() + typed != text.size()) return std::nullopt;
  return rest;
}

void GivenCompletions::Answer(const PendingCompletion& pending,
                              const lsp::DocumentSnapshot& document,
                              size_t cursor_ofs, const std::string& text,
                              const std::vector<std::string>& alternatives) {
  Suggestions::Offer offer{
      .document = document, .cursor_ofs = cursor_ofs, .text = text};
  AnswerPlace place{.document = *document,
                    .cursor_ofs = cursor_ofs,
                    .encoding = parts_.documents.encoding(),
                    .suggestion_id = {}};
  if (!text.empty()) {
    const auto& trace = states_[document->uri].trace;
    if (trace) offer.plan = trace->plan;
    place.suggestion_id = parts_.suggestions.Give(offer);
  }
  if (pending.popup) return pending.reply.Succeed(PopupAnswer(place, text));
  if (!pending.selected.empty()) {
    return pending.reply.Succeed(
        SelectedAnswer(place, pending.replaced, pending.selected, text));
  }
  auto list = InlineAnswer(place, text);
  for (const std::string& alternative : alternatives) {
    offer.text = alternative;
    place.suggestion_id = parts_.suggestions.GiveAlternative(offer);
    auto items = InlineAnswer(place, alternative).items;
    std::ranges::move(items, std::back_inserter(list.items));
  }
  pending.reply.Succeed(list);
}

}  // namespace krait::daemon
