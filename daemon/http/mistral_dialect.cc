// SPDX-License-Identifier: Apache-2.0
//
// What Mistral's API has beyond OpenAI's: filling in, as clients of Codestral
// ask for it.
#include <array>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/json_value.h"
#include "daemon/http/dialect.h"
#include "daemon/http/fields.h"
#include "daemon/http/openai_answer.h"

namespace krait::daemon {

const Dialect& MistralDialect();

namespace {

namespace json = boost::json;

constexpr size_t kMistralDefaultTokens = 256;

base::Result<HttpWork> ReadMistralFim(const HttpRequest& http,
                                      const HttpView& view) {
  std::string prompt;
  std::string suffix;
  SamplingFields sampling;
  std::optional<int64_t> most_tokens;
  std::vector<std::string> stops;
  bool stream = false;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    reader.Require("prompt", &prompt)
        .Optional("suffix", &suffix)
        .Optional("stream", &stream);
    ReadSampling(reader, "repetition_penalty", "random_seed", &sampling);
    ReadWhole(reader, "max_tokens", &most_tokens);
    ReadStops(reader, "stop", &stops);
  });
  if (!read) return read.error();
  TextRequest request = PlaceRequest(std::move(prompt), std::move(suffix));
  request.max_tokens = TokensOf(most_tokens, kMistralDefaultTokens);
  request.sampling = SamplingOf(sampling, {}, view.number);
  request.stops = std::move(stops);
  OpenAiAnswerForm form = OpenAiFormOf(view, MistralDialect(), "fim");
  form.chat = true;
  form.as_it_is = true;
  form.stream = stream;
  form.stream_usage = true;
  form.usage_with_choice = true;
  return HttpWork(TextWork{.request = std::move(request),
                           .writer = MakeOpenAiAnswer(std::move(form))});
}

std::string_view MistralErrorTypeOf(unsigned status) {
  if (status == 401) return "unauthorized";
  if (status == 429) return "rate_limited";
  return status >= 500 ? "internal_server_error" : "invalid_request_error";
}

std::string MistralErrorBody(unsigned status, std::string_view message) {
  return base::CompactJsonText(
      json::object{{"object", "error"},
                   {"message", base::JsonString(message)},
                   {"type", MistralErrorTypeOf(status)},
                   {"param", nullptr},
                   {"code", nullptr}});
}

constexpr std::array kMistralRoutes = {
    Route{.method = "POST",
          .path = "/v1/fim/completions",
          .read = ReadMistralFim},
};

}  // namespace

const Dialect& MistralDialect() {
  static constexpr Dialect kDialect = {.name = "Mistral",
                                       .routes = kMistralRoutes,
                                       .error_body = MistralErrorBody,
                                       .status_of_wrong_body = 422};
  return kDialect;
}

}  // namespace krait::daemon
