// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_OPENAI_ANSWER_H_
#define KRAIT_DAEMON_HTTP_OPENAI_ANSWER_H_

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/http/dialect.h"

namespace krait::daemon {

// What an answer is once all of it is said.
struct CheckedText {
  std::string text;
  boost::json::object about;  // for its member "krait"
};

// How an answer of OpenAI's shape is to be written; Mistral's has the same.
struct OpenAiAnswerForm {
  // As a message of a conversation, not as text.
  bool chat = false;
  // Of a message: with the white space before its words, as it belongs there.
  bool as_it_is = false;
  bool stream = false;
  bool stream_usage = false;  // with a last event that says what it took
  // That is the one which ends the last choice, as Mistral's clients look for
  // a choice in each; otherwise one without choices.
  bool usage_with_choice = false;
  bool logprobs = false;
  // Comes before the text: the prompt, which the client asked to see again.
  std::string echo = {};
  std::string model = {};
  std::string id = {};
  int64_t created = 0;  // seconds since 1970
  // Whether errors within a stream have Mistral's shape.
  const Dialect* dialect = nullptr;
  // Of a message: what becomes of it at its end. Null: nothing.
  std::function<CheckedText(std::string_view said)> check = {};
};

std::unique_ptr<AnswerWriter> MakeOpenAiAnswer(OpenAiAnswerForm form);

// Returns the form of an answer to a request that came now.
OpenAiAnswerForm OpenAiFormOf(const HttpView& view, const Dialect& dialect,
                              std::string_view id_prefix);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_OPENAI_ANSWER_H_
