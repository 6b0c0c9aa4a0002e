// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/suggestions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "lsp/position.h"
#include "lsp/text.h"

namespace krait::daemon {
namespace {

size_t NumCharacters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(),
                    [](char c) { return !base::IsContinuation(c); }));
}

bool StandsAccepted(const Suggestion& suggestion) {
  return suggestion.reached == suggestion.text.size() &&
         suggestion.typed < suggestion.reached;
}

AcceptanceCounts CountsOf(const Suggestion& suggestion) {
  const bool accepted = suggestion.accepted || StandsAccepted(suggestion) ||
                        suggestion.told == suggestion.text.size();
  const size_t reached = accepted ? suggestion.text.size() : suggestion.reached;
  const size_t given =
      std::max(reached - suggestion.typed,
               suggestion.told - std::min(suggestion.told, suggestion.typed));
  // Where typed and given parts alternate and are not all ASCII, this is only
  // about right.
  const auto text = std::string_view(suggestion.text).substr(0, given);
  return {.shown = suggestion.shown ? 1 : 0,
          .accepted = accepted ? 1 : 0,
          .partially = !accepted && given > 0 ? 1 : 0,
          .characters = static_cast<int64_t>(NumCharacters(text))};
}

std::string WithoutCarriageReturns(std::string text) {
  std::erase(text, '\r');
  return text;
}

}  // namespace

template <class Change>
void Suggestions::Update(Suggestion* suggestion, Change change) {
  const AcceptanceCounts before = CountsOf(*suggestion);
  change(suggestion);
  const AcceptanceCounts counts = CountsOf(*suggestion) - before;
  if (counts == AcceptanceCounts{}) return;
  store_.Add(suggestion->language, completion::PromptPlanName(suggestion->plan),
             counts);
}

Suggestion* Suggestions::Find(std::string_view id) {
  for (auto& [uri, suggestion] : live_) {
    if (suggestion.id == id) return &suggestion;
  }
  const auto past =
      std::find_if(past_.begin(), past_.end(),
                   [id](const Suggestion& one) { return one.id == id; });
  return past == past_.end() ? nullptr : &*past;
}

void Suggestions::Retire(const std::string& uri) {
  auto node = live_.extract(uri);
  if (node.empty()) return;
  AddToPast(std::move(node.mapped()));
}

void Suggestions::AddToPast(Suggestion suggestion) {
  past_.push_back(std::move(suggestion));
  if (past_.size() > kMostPast) past_.pop_front();
}

Suggestion Suggestions::NewSuggestion(const Offer& offer) {
  Suggestion suggestion;
  suggestion.id = fmt::to_string(next_id_++);
  suggestion.language = offer.document->language_id;
  suggestion.plan = offer.plan;
  suggestion.text = offer.text;
  suggestion.end_ofs = offer.cursor_ofs;
  return suggestion;
}

std::string Suggestions::GiveAlternative(const Offer& offer) {
  Suggestion suggestion = NewSuggestion(offer);
  const std::string id = suggestion.id;
  AddToPast(std::move(suggestion));
  return id;
}

std::string Suggestions::Give(const Offer& offer) {
  const std::string& uri = offer.document->uri;
  if (const auto live = live_.find(uri); live != live_.end()) {
    Suggestion& last = live->second;
    if (last.end_ofs == offer.cursor_ofs &&
        std::string_view(last.text).substr(last.reached) == offer.text) {
      last.given_at = last.reached;
      return last.id;
    }
    Retire(uri);
  }
  Suggestion& suggestion = live_[uri] = NewSuggestion(offer);
  Update(&suggestion,
         [this](Suggestion* one) { one->shown = !client_reports_shown_; });
  return suggestion.id;
}

void Suggestions::Changed(const lsp::DocumentChange& change) {
  const std::string& uri = change.after->uri;
  const auto live = live_.find(uri);
  if (live == live_.end()) return;
  Suggestion& suggestion = live->second;
  const size_t before = change.before ? change.before->text.size() : 0;
  const lsp::Text& after = change.after->text;
  if (after.size() < before) {  // taken back, or something else
    const size_t less = before - after.size();
    if (less > suggestion.end_ofs) return Retire(uri);
    const size_t taken = WithoutCarriageReturns(
                             change.before->text.Copy(suggestion.end_ofs - less,
                                                      suggestion.end_ofs))
                             .size();
    if (taken > suggestion.reached) return Retire(uri);
    Update(&suggestion, [less, taken](Suggestion* one) {
      one->reached -= taken;
      one->end_ofs -= less;
      one->typed = std::min(one->typed, one->reached);
      one->last_piece = 0;
    });
    return;
  }
  const size_t end = suggestion.end_ofs + after.size() - before;
  if (end > after.size()) return Retire(uri);
  const std::string piece =
      WithoutCarriageReturns(after.Copy(suggestion.end_ofs, end));
  const std::string_view rest =
      std::string_view(suggestion.text).substr(suggestion.reached);
  if (!rest.starts_with(piece)) return Retire(uri);
  const bool typed = !infers_ || NumCharacters(piece) < 2;
  Update(&suggestion, [&](Suggestion* one) {
    const size_t known = std::max(one->reached, one->told);
    one->reached += piece.size();
    one->end_ofs = end;
    // What the client said that it accepted was not typed.
    one->last_piece = typed && one->reached > known ? one->reached - known : 0;
    one->typed += one->last_piece;
  });
}

void Suggestions::Closed(const std::string& uri) {
  Retire(uri);
}

void Suggestions::Shown(std::string_view id) {
  client_reports_shown_ = true;
  Suggestion* suggestion = Find(id);
  if (suggestion == nullptr) return;
  Update(suggestion, [](Suggestion* one) { one->shown = true; });
}

void Suggestions::Accepted(std::string_view id) {
  Suggestion* suggestion = Find(id);
  if (suggestion == nullptr || suggestion->accepted) return;
  Update(suggestion, [](Suggestion* one) {
    // What it brought has come as if it were typed, or has not come yet.
    if (one->reached == one->text.size()) one->typed -= one->last_piece;
    one->last_piece = 0;
    one->shown = true;
    one->accepted = true;
  });
}

void Suggestions::PartiallyAccepted(std::string_view id, size_t length) {
  Suggestion* suggestion = Find(id);
  if (suggestion == nullptr) return;
  Update(suggestion, [length](Suggestion* one) {
    const auto given = std::string_view(one->text).substr(one->given_at);
    one->told =
        std::max(one->told, one->given_at + lsp::BytesOfUtf16(given, length));
    if (one->reached == one->told) one->typed -= one->last_piece;
    one->last_piece = 0;
  });
}

}  // namespace krait::daemon
