// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/text_watch.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace krait::daemon {
namespace {

// Returns how many bytes at the end of `text` may be the begin of `word`.
size_t MayBegin(std::string_view text, std::string_view word) {
  for (size_t size = std::min(text.size(), word.size() - 1); size > 0; --size) {
    if (text.ends_with(word.substr(0, size))) return size;
  }
  return 0;
}

// Returns how many bytes at the end of `text` begin a character.
size_t Unfinished(std::string_view text) {
  constexpr size_t kLongest = 4;
  const size_t from = text.size() - std::min(text.size(), kLongest - 1);
  for (size_t at = text.size(); at-- > from;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (base::IsContinuation(text[at])) continue;
    const size_t size = byte >= 0xF0   ? 4
                        : byte >= 0xE0 ? 3
                        : byte >= 0xC0 ? 2
                                       : 1;
    return text.size() - at < size ? text.size() - at : 0;
  }
  return 0;
}

SaidPiece SaidOf(const completion::Piece& piece) {
  SaidPiece said{.id = piece.id,
                 .bytes = std::string(piece.bytes),
                 .logprob = piece.logprob};
  for (const completion::LikelyPiece& likely : piece.likeliest) {
    said.likeliest.push_back({.id = likely.id,
                              .bytes = std::string(likely.bytes),
                              .logprob = likely.logprob});
  }
  return said;
}

}  // namespace

bool TextWatch::StopAt(size_t size, TextEnd end) {
  choice_.text.resize(size);
  End(end);
  return true;
}

void TextWatch::End(TextEnd end) {
  if (std::exchange(ended_, true)) return;
  choice_.end = end;
}

bool TextWatch::OnPiece(const completion::Piece& piece, Clock::time_point now) {
  if (ended_) return false;
  if (choice_.pieces.size() >= request_.max_tokens) {
    End(TextEnd::kLimit);
    return false;
  }
  if (!begun_) begun_ = now;
  const size_t old_size = choice_.text.size();
  choice_.text += piece.bytes;
  choice_.pieces.push_back(SaidOf(piece));
  if (EndsAtStopWord(old_size) || EndsAtIndentation()) return false;
  const bool late =
      request_.most_time.count() > 0 && now - *begun_ > request_.most_time;
  const bool has_line = late && choice_.text.find('\n') != std::string::npos;
  if (has_line || choice_.pieces.size() >= request_.max_tokens) {
    End(TextEnd::kLimit);
    return false;
  }
  return true;
}

bool TextWatch::EndsAtStopWord(size_t old_size) {
  size_t first = std::string::npos;
  const std::string* found = nullptr;
  for (const std::string& word : request_.stops) {
    const size_t from = old_size - std::min(old_size, word.size() - 1);
    const size_t at = choice_.text.find(word, from);
    if (at >= first) continue;
    first = at;
    found = &word;
  }
  if (found == nullptr) return false;
  choice_.stop_word = *found;
  return StopAt(first, TextEnd::kStopWord);
}

// Ends before the line break: what comes next belongs to an outer block. Empty
// lines belong to any.
bool TextWatch::EndsAtIndentation() {
  if (request_.least_indent == 0) return false;
  const std::string& text = choice_.text;
  for (;;) {
    if (in_line_) {
      const size_t newline = text.find('\n', line_);
      if (newline == std::string::npos) return false;
      line_ = newline + 1;
      in_line_ = false;
    }
    const size_t begin = text.find_first_not_of(" \t\r", line_);
    if (begin == std::string::npos) return false;
    if (text[begin] != '\n' && begin - line_ < request_.least_indent) {
      return StopAt(line_ - 1, TextEnd::kLimit);
    }
    in_line_ = true;
  }
}

size_t TextWatch::Ready() const {
  const std::string_view text = choice_.text;
  if (ended_) return text.size();
  size_t held = Unfinished(text);
  for (const std::string& word : request_.stops) {
    held = std::max(held, MayBegin(text, word));
  }
  size_t ready = text.size() - held;
  // Whether this line belongs to the answer is not known yet.
  if (!in_line_) ready = std::min(ready, line_ - 1);
  if (request_.least_indent > 0 && text.ends_with('\n')) {
    ready = std::min(ready, text.size() - 1);
  }
  return ready;
}

TextDelta TextWatch::Take(size_t choice) {
  TextDelta delta{.choice = choice, .text = {}};
  const size_t ready = Ready();
  if (ready <= taken_) return delta;
  delta.text = choice_.text.substr(taken_, ready - taken_);
  taken_ = ready;
  while (taken_pieces_ < choice_.pieces.size()) {
    const SaidPiece& piece = choice_.pieces[taken_pieces_];
    if (taken_piece_bytes_ + piece.bytes.size() > taken_) break;
    taken_piece_bytes_ += piece.bytes.size();
    delta.pieces.push_back(piece);
    ++taken_pieces_;
  }
  return delta;
}

TextChoice TextWatch::Finish() {
  return std::move(choice_);
}

}  // namespace krait::daemon
