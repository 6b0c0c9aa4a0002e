// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/watcher.h"

#include <algorithm>

#include "daemon/completion/stop/repetition.h"
#include "grammars/lines.h"

namespace krait::completion {
namespace {

// Returns the size of `text` without its last line, which was cut off
// somewhere, unless it is the only one.
size_t WholeLines(std::string_view text) {
  const size_t end = text.rfind('\n');
  return end == std::string_view::npos ? text.size() : end;
}

bool IsBlankByte(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

const StopRules& Watcher::rules() {
  if (!rules_) rules_.emplace(make_rules_());
  return *rules_;
}

bool Watcher::Add(const Piece& piece) {
  const size_t begin = text_.size();
  pieces_.push_back(piece.id);
  logprobs_.push_back(piece.logprob);
  text_ += piece.bytes;
  ends_.push_back(text_.size());
  decision_ = rules().Check(text_, /*finished=*/false);
  if (IsUnsure(begin, piece.logprob) &&
      (!decision_ || decision_->keep_bytes > begin)) {
    decision_ = StopDecision{CompletionStop::kUnsure, begin};
  }
  if (decision_) return false;
  if (const auto keep = FindRepetition(pieces_)) {
    const size_t bytes_kept = *keep == 0 ? 0 : ends_[*keep - 1];
    decision_ = StopDecision{CompletionStop::kRepetition, bytes_kept};
    return false;
  }
  if (const auto keep = FindRepeatedLine(text_)) {
    decision_ = StopDecision{CompletionStop::kRepetition, *keep};
    return false;
  }
  return true;
}

bool Watcher::IsUnsure(size_t begin, float logprob) const {
  if (!(static_cast<double>(logprob) < gate_.token)) return false;
  return !gate_.always_something ||
         !grammars::IsBlank(std::string_view(text_).substr(0, begin));
}

std::optional<double> Watcher::unsure_logprob() const {
  if (!decision_ || decision_->stop != CompletionStop::kUnsure) return {};
  return static_cast<double>(logprobs_.back());
}

void Watcher::Reconsider(StopRules rules) {
  rules_.emplace(std::move(rules));
  const auto decision = rules_->Check(text_, /*finished=*/false);
  if (decision &&
      (!decision_ || decision->keep_bytes < decision_->keep_bytes)) {
    decision_ = decision;
  }
}

StopDecision Watcher::Finish(GenerationEnd end) {
  if (decision_) return *decision_;
  if (const auto decision = rules().Check(text_, /*finished=*/true)) {
    return *decision;
  }
  switch (end) {
    case GenerationEnd::kMaxTokens:
      return {CompletionStop::kMaxTokens, WholeLines(text_)};
    case GenerationEnd::kNotFinite:
      return {CompletionStop::kNotFinite, text_.size()};
    default:
      return {CompletionStop::kEndOfSequence, text_.size()};
  }
}

std::vector<SaidToken> Watcher::Said() const {
  std::vector<SaidToken> said;
  size_t begin = 0;
  for (size_t i = 0; i < ends_.size(); ++i) {
    said.push_back({.id = pieces_[i],
                    .bytes = text_.substr(begin, ends_[i] - begin),
                    .logprob = logprobs_[i]});
    begin = ends_[i];
  }
  return said;
}

std::optional<double> Watcher::MeanLogprob(std::string_view kept) const {
  auto left = static_cast<size_t>(
      std::ranges::count_if(kept, [](char c) { return !IsBlankByte(c); }));
  double sum = 0;
  size_t count = 0;
  for (size_t begin = 0; left > 0 && count < ends_.size(); ++count) {
    sum += static_cast<double>(logprobs_[count]);
    for (; begin < ends_[count]; ++begin) {
      if (left > 0 && !IsBlankByte(text_[begin])) --left;
    }
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace krait::completion
