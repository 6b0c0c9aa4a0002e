// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REMOTE_ANSWER_H_
#define KRAIT_DAEMON_REMOTE_ANSWER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "daemon/remote/request.h"

namespace krait::remote {

enum class AnswerEnd : uint8_t {
  kComplete,  // the model has no more to say
  kLimit,     // of tokens
};

// What one event says, or a whole answer that came without a stream.
struct AnswerPart {
  std::string text;
  std::optional<AnswerEnd> end;
  bool done = false;  // "[DONE]": nothing follows
  // Of the whole answer, as far as the engine says.
  std::optional<size_t> prompt_tokens;
  std::optional<size_t> cached_tokens;  // of these
  std::optional<size_t> answer_tokens;
};

// Reads the data of an event, or a body. kBadFile: it is not what the shape
// says; an error that the engine reports is one, too, in its words.
base::Result<AnswerPart> ReadAnswer(std::string_view json, AnswerShape shape);

// Returns what an answer with an error's status says of it, in one line of at
// most 200 bytes; whatever it is.
std::string ReasonIn(std::string_view body);

}  // namespace krait::remote

#endif  // KRAIT_DAEMON_REMOTE_ANSWER_H_
