// SPDX-License-Identifier: Apache-2.0
//
// What OpenAI's API speaks: completions, with a suffix too, conversations and
// models. Mistral's clients chat by the same path.
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/json_value.h"
#include "daemon/http/dialect.h"
#include "daemon/http/embeddings.h"
#include "daemon/http/fields.h"
#include "daemon/http/openai_answer.h"
#include "daemon/http/probabilities.h"
#include "daemon/http/repository_chat.h"

namespace krait::daemon {

const Dialect& OpenAiDialect();

namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::MakeError;

constexpr size_t kOpenAiDefaultTokens = 16;
constexpr size_t kOpenAiDefaultAnswerTokens = 2048;
constexpr completion::Sampling kOpenAiSampling = {.temperature = 1};

// What completions and conversations both take.
struct OpenAiCommonFields {
  SamplingFields sampling;
  std::optional<int64_t> most_tokens;
  std::optional<int64_t> choices;
  std::vector<std::string> stops;
  bool stream = false;
  bool stream_usage = false;

  void Read(base::ObjectReader& reader) {
    ReadSampling(reader, "repetition_penalty", "seed", &sampling);
    if (!sampling.seed) ReadWhole(reader, "random_seed", &sampling.seed);
    ReadWhole(reader, "max_completion_tokens", &most_tokens);
    if (!most_tokens) ReadWhole(reader, "max_tokens", &most_tokens);
    ReadWhole(reader, "n", &choices);
    ReadStops(reader, "stop", &stops);
    reader.Optional("stream", &stream)
        .OptionalObject("stream_options", [this](base::ObjectReader& options) {
          options.Optional("include_usage", &stream_usage);
        });
    reader.Check(choices.value_or(1) >= 1 &&
                     choices.value_or(1) <= int64_t{kMostChoices},
                 "n", "a number from 1 to 8");
  }

  void ApplyTo(const completion::Sampling& otherwise, uint64_t random,
               TextRequest* request) {
    request->sampling = SamplingOf(sampling, otherwise, random);
    request->choices = ChoicesOf(choices);
    request->stops = std::move(stops);
  }
};

base::Result<HttpWork> ReadOpenAiCompletion(const HttpRequest& http,
                                            const HttpView& view) {
  PromptField prompt;
  std::optional<std::string> suffix;
  std::optional<size_t> likeliest;
  bool echo = false;
  OpenAiCommonFields fields;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    ReadPrompt(reader, "prompt", &prompt);
    reader.Optional("suffix", &suffix).Optional("echo", &echo);
    ReadLikeliest(reader, "logprobs", &likeliest);
    fields.Read(reader);
  });
  if (!read) return read.error();

  TextRequest request;
  completion::Sampling sampling = kOpenAiSampling;
  // An empty one is a place, too: the end of a text.
  if (suffix) {
    if (prompt.pieces) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "prompt: expected a string beside a suffix");
    }
    request = PlaceRequest(prompt.text, std::move(*suffix));
    sampling.temperature = 0;
  } else {
    auto pieces = LaidOutPieces(prompt, *view.vocabulary);
    if (!pieces) return pieces.error();
    request.pieces = std::move(*pieces);
    request.vocabulary = view.vocabulary;
  }
  request.max_tokens = TokensOf(fields.most_tokens, kOpenAiDefaultTokens);
  fields.ApplyTo(sampling, view.number, &request);
  WantProbabilities(likeliest, &request);

  OpenAiAnswerForm form = OpenAiFormOf(view, OpenAiDialect(), "cmpl");
  form.stream = fields.stream;
  form.stream_usage = fields.stream_usage;
  form.logprobs = likeliest.has_value();
  if (echo) {
    form.echo = prompt.pieces ? view.vocabulary->Text(*prompt.pieces, true)
                              : prompt.text;
  }
  return HttpWork(TextWork{.request = std::move(request),
                           .writer = MakeOpenAiAnswer(std::move(form))});
}

base::Result<HttpWork> ReadOpenAiChat(const HttpRequest& http,
                                      const HttpView& view) {
  std::vector<completion::ChatTurn> turns;
  std::optional<std::string> repository;
  std::optional<size_t> likeliest;
  OpenAiCommonFields fields;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    ReadTurns(reader, "messages", &turns);
    ReadLogprobs(reader, &likeliest);
    RefuseField(reader, "tools", "nothing, as krait's models call no tools");
    RefuseField(reader, "functions",
                "nothing, as krait's models call no functions");
    reader.OptionalObject("response_format", [](base::ObjectReader& format) {
      std::string type;
      format.Require("type", &type).Check(type == "text", "type", "\"text\"");
    });
    reader.OptionalObject("krait", [&](base::ObjectReader& krait) {
      krait.Optional("repository", &repository);
    });
    if (repository && !turns.empty()) {
      reader.Check(turns.back().role == completion::ChatRole::kUser, "messages",
                   "a question as the last message");
    }
    fields.Read(reader);
  });
  if (!read) return read.error();

  TextRequest request;
  request.max_tokens = TokensOf(fields.most_tokens, kOpenAiDefaultAnswerTokens);
  fields.ApplyTo(ChatSamplingOf(*view.vocabulary), view.number, &request);
  WantProbabilities(likeliest, &request);

  OpenAiAnswerForm form = OpenAiFormOf(view, OpenAiDialect(), "chatcmpl");
  form.chat = true;
  form.stream = fields.stream;
  form.stream_usage = fields.stream_usage;
  form.logprobs = likeliest.has_value();
  if (repository) {
    request.vocabulary = view.vocabulary;
    return HttpWork(AskRepository({.directory = std::move(*repository),
                                   .turns = std::move(turns),
                                   .request = std::move(request),
                                   .form = std::move(form)},
                                  view));
  }
  if (const auto set =
          SetConversation(view, std::move(turns), fields.sampling, &request);
      !set) {
    return set.error();
  }
  return HttpWork(TextWork{.request = std::move(request),
                           .writer = MakeOpenAiAnswer(std::move(form))});
}

base::Result<HttpWork> ReadOpenAiModels(const HttpRequest&,
                                        const HttpView& view) {
  const completion::ModelFacts& facts = view.vocabulary->facts();
  const bool chats = facts.no_chat.empty() || view.chats_elsewhere;
  // Mistral's clients insist on a type, and on what it can as an object.
  json::object capabilities{{"completion_chat", chats},
                            {"completion_fim", facts.fills_in}};
  json::object model{{"id", base::JsonString(facts.name)},
                     {"object", "model"},
                     {"created", facts.modified},
                     {"owned_by", "krait"},
                     {"type", "base"},
                     {"capabilities", std::move(capabilities)},
                     {"meta",
                      {{"n_vocab", facts.vocabulary},
                       {"n_ctx_train", facts.context_length},
                       {"n_embd", facts.embedding},
                       {"n_params", facts.parameters},
                       {"size", facts.bytes}}}};
  return HttpWork(HttpReply{
      .body = base::CompactJsonText(json::object{
          {"object", "list"}, {"data", json::array{std::move(model)}}})});
}

struct OpenAiEmbeddings {
  std::string model = "krait";
  bool base64 = false;
};

HttpReply OpenAiEmbeddingsReply(const OpenAiEmbeddings& asked,
                                const Embedded& embedded) {
  json::array data;
  for (const std::vector<float>& vector : embedded.vectors) {
    json::value embedding =
        asked.base64 ? json::value(Base64Of(vector)) : json::value_from(vector);
    data.push_back(json::object{{"object", "embedding"},
                                {"index", data.size()},
                                {"embedding", std::move(embedding)}});
  }
  return {.body = base::CompactJsonText(
              json::object{{"object", "list"},
                           {"data", std::move(data)},
                           {"model", base::JsonString(asked.model)},
                           {"usage",
                            {{"prompt_tokens", embedded.tokens},
                             {"total_tokens", embedded.tokens}}}})};
}

base::Result<HttpWork> ReadOpenAiEmbeddings(const HttpRequest& http,
                                            const HttpView&) {
  EmbeddingWork work;
  OpenAiEmbeddings asked;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    std::string format = "float";
    ReadTexts(reader, "input", &work.texts);
    reader.Optional("model", &asked.model)
        .Optional("encoding_format", &format)
        .Check(format == "float" || format == "base64", "encoding_format",
               "\"float\" or \"base64\"");
    asked.base64 = format == "base64";
    RefuseField(reader, "dimensions",
                "nothing: the encoder has as many as it has");
  });
  if (!read) return read.error();
  work.reply = [asked](const Embedded& embedded) {
    return OpenAiEmbeddingsReply(asked, embedded);
  };
  return HttpWork(std::move(work));
}

std::string_view OpenAiErrorTypeOf(unsigned status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

std::string OpenAiErrorBody(unsigned status, std::string_view message) {
  return base::CompactJsonText(
      json::object{{"error",
                    {{"message", base::JsonString(message)},
                     {"type", OpenAiErrorTypeOf(status)},
                     {"param", nullptr},
                     {"code", status == 401 ? json::value("invalid_api_key")
                                            : json::value(nullptr)}}}});
}

constexpr std::array kOpenAiRoutes = {
    Route{.method = "POST",
          .path = "/v1/completions",
          .read = ReadOpenAiCompletion},
    Route{.method = "POST",
          .path = "/v1/chat/completions",
          .read = ReadOpenAiChat},
    Route{
        .method = "POST", .path = "/chat/completions", .read = ReadOpenAiChat},
    Route{.method = "POST",
          .path = "/v1/embeddings",
          .needs_model = false,
          .read = ReadOpenAiEmbeddings},
    Route{.method = "GET", .path = "/v1/models", .read = ReadOpenAiModels},
    Route{.method = "GET", .path = "/models", .read = ReadOpenAiModels},
};

}  // namespace

const Dialect& OpenAiDialect() {
  static constexpr Dialect kDialect = {
      .name = "OpenAI", .routes = kOpenAiRoutes, .error_body = OpenAiErrorBody};
  return kDialect;
}

}  // namespace krait::daemon
