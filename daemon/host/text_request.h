// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_TEXT_REQUEST_H_
#define KRAIT_DAEMON_HOST_TEXT_REQUEST_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/completion/generator/given_conversation.h"
#include "daemon/completion/generator/piece.h"
#include "daemon/completion/generator/sampling.h"
#include "daemon/completion/generator/vocabulary.h"

namespace krait::daemon {

// Text that a model is to generate as it comes, for programs that have rules of
// their own for what they show.
struct TextRequest {
  // What is continued: a place in a text, laid out as the model was trained to
  // fill in; or pieces of the vocabulary, as they are.
  std::optional<completion::CompletionRequest> place = {};
  std::vector<completion::PieceId> pieces = {};
  std::shared_ptr<const completion::Vocabulary> vocabulary = {};
  // What the pieces are the prompt of, where an engine elsewhere may be asked;
  // without a vocabulary the model here cannot have it.
  std::shared_ptr<const completion::GivenConversation> conversation = {};

  completion::WindowLimits limits = {};  // of a place
  bool file_memory = true;               // the same
  completion::Sampling sampling = {};
  size_t max_tokens = 128;  // 0: only reads the prompt
  bool ignore_end = false;  // goes on behind an end of sequence
  size_t choices = 1;       // answers that differ, at least 1
  // Of each piece, how probable it was and so many of the likeliest at its
  // place are wanted; nothing: neither is.
  std::optional<size_t> likeliest = {};

  // The answer ends before the first of these.
  std::vector<std::string> stops = {};
  // It ends before a line that is indented by fewer bytes; 0: does not.
  size_t least_indent = 0;
  // It ends once so much time went by and a line is whole; zero: no limit.
  std::chrono::milliseconds most_time{};
};

enum class TextEnd : uint8_t {
  kEndOfSequence,  // the model has no more to say
  kLimit,          // of tokens, time or indentation
  kStopWord,
};

struct SaidPiece {
  completion::PieceId id = 0;
  std::string bytes = {};
  float logprob = 0;
  // What could have been in its place, the likeliest first; these have none.
  std::vector<SaidPiece> likeliest = {};
};

struct TextChoice {
  std::string text;  // any bytes
  TextEnd end = TextEnd::kLimit;
  std::string stop_word = {};  // at which it ended
  std::vector<SaidPiece> pieces = {};
};

// What has come of one choice since the last time.
struct TextDelta {
  size_t choice = 0;
  std::string text;  // ends between two characters
  std::vector<SaidPiece> pieces = {};
};

struct TextAnswer {
  // Returns how many tokens of the prompt came from warm states and logs.
  size_t cached_tokens() const {
    return trace.tokens_reused + trace.tokens_replayed;
  }

  std::vector<TextChoice> choices;
  bool truncated = false;    // the model was not shown all of the place
  size_t prompt_tokens = 0;  // which all choices share
  // Of all choices together; the others may read some of the prompt again.
  completion::CompletionTrace trace = {};
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_TEXT_REQUEST_H_
