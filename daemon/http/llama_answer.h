// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_LLAMA_ANSWER_H_
#define KRAIT_DAEMON_HTTP_LLAMA_ANSWER_H_

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/http/dialect.h"

namespace krait::daemon {

// How an answer of /infill or /completion is to be written.
struct LlamaAnswerForm {
  bool stream = false;
  bool several = false;  // as an array, however many there are
  bool probabilities = false;
  // Of each answer only these; "timings/prompt_n" is a key as it stands, with
  // the value of that in "timings".
  std::optional<std::vector<std::string>> fields = {};
  std::string model = {};
  boost::json::object settings = {};  // generation_settings
  const Dialect* dialect = nullptr;   // says errors within a stream
};

std::unique_ptr<AnswerWriter> MakeLlamaAnswer(LlamaAnswerForm form);

// What the tokens of an answer took: "timings", which other dialects' clients
// get, too.
boost::json::object TimingsOf(const TextAnswer& answer);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_LLAMA_ANSWER_H_
