// SPDX-License-Identifier: Apache-2.0
//
// What llama.cpp's server speaks, for llama.vim, llama.vscode and Continue:
// /infill, /completion, /tokenize and what is around them. Not taken: id_slot,
// cache_prompt, samplers, lora, and what is not listed in docs/http.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/json_value.h"
#include "base/utf8.h"
#include "daemon/http/dialect.h"
#include "daemon/http/embeddings.h"
#include "daemon/http/fields.h"
#include "daemon/http/llama_answer.h"
#include "daemon/http/metrics.h"
#include "daemon/http/probabilities.h"

namespace krait::daemon {

const Dialect& LlamaDialect();

namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::MakeError;

constexpr size_t kMostExtras = 256;
constexpr size_t kDefaultInfillTokens = 128;
// As llama.cpp has them; filling in is greedy unless a temperature is given.
constexpr completion::Sampling kLlamaSampling = {
    .temperature = 0.8F, .top_k = 40, .top_p = 0.95F, .min_p = 0.05F};

HttpReply LlamaJsonReply(const json::value& value) {
  return {.body = base::CompactJsonText(value)};
}

// What /infill and /completion both take.
struct LlamaTextFields {
  SamplingFields sampling;
  std::optional<int64_t> most_tokens;
  std::optional<int64_t> choices;
  std::optional<int64_t> probabilities;
  std::optional<int64_t> least_indent;
  std::optional<int64_t> most_ms;
  std::vector<std::string> stops;
  std::optional<std::vector<std::string>> fields;
  bool stream = false;
  bool ignore_end = false;

  void Read(base::ObjectReader& reader) {
    ReadSampling(reader, "repeat_penalty", "seed", &sampling);
    ReadWhole(reader, "n_predict", &most_tokens);
    if (!most_tokens) ReadWhole(reader, "max_tokens", &most_tokens);
    ReadWhole(reader, "n_cmpl", &choices);
    if (!choices) ReadWhole(reader, "n", &choices);
    ReadWhole(reader, "n_probs", &probabilities);
    ReadWhole(reader, "n_indent", &least_indent);
    ReadWhole(reader, "t_max_predict_ms", &most_ms);
    ReadStops(reader, "stop", &stops);
    reader.Optional("response_fields", &fields)
        .Optional("stream", &stream)
        .Optional("ignore_eos", &ignore_end);
  }

  void ApplyTo(TextRequest* request) const {
    request->choices = ChoicesOf(choices);
    request->stops = stops;
    request->ignore_end = ignore_end;
    request->least_indent =
        static_cast<size_t>(std::max<int64_t>(0, least_indent.value_or(0)));
    constexpr int64_t kMostMs = 3'600'000;
    request->most_time = std::chrono::milliseconds(
        std::clamp<int64_t>(most_ms.value_or(0), 0, kMostMs));
    const auto likeliest = static_cast<size_t>(std::clamp<int64_t>(
        probabilities.value_or(0), 0, int64_t{kMostProbabilities}));
    if (likeliest > 0) WantProbabilities(likeliest, request);
  }

  HttpWork WorkOf(TextRequest request, const HttpView& view) const {
    LlamaAnswerForm form{.stream = stream,
                         .several = choices.value_or(1) > 1,
                         .probabilities = request.likeliest.has_value(),
                         .fields = fields,
                         .model = view.vocabulary->facts().name};
    form.settings = SettingsOf(request, view);
    form.dialect = &LlamaDialect();
    return TextWork{.request = std::move(request),
                    .writer = MakeLlamaAnswer(std::move(form))};
  }

  static json::object SettingsOf(const TextRequest& request,
                                 const HttpView& view) {
    json::array words;
    for (const std::string& word : request.stops) {
      words.emplace_back(base::JsonString(word));
    }
    return {{"n_ctx", view.vocabulary->facts().context_length},
            {"n_predict", request.max_tokens},
            {"seed", request.sampling.seed},
            {"temperature", request.sampling.temperature},
            {"top_k", request.sampling.top_k},
            {"top_p", request.sampling.top_p},
            {"min_p", request.sampling.min_p},
            {"repeat_penalty", request.sampling.repetition_penalty},
            {"stop", std::move(words)},
            {"ignore_eos", request.ignore_end},
            {"n_probs", request.likeliest.value_or(0)},
            {"stream", false},
            {"samplers", json::array()}};
  }
};

// A text that lies beside the one that is filled in.
struct LlamaExtra {
  std::string name;
  std::string text;
};

base::Status FromJson(const base::JsonValue& json, LlamaExtra* out) {
  return base::ObjectReader(json)
      .Require("text", &out->text)
      .Optional("filename", &out->name)
      .status();
}

base::Result<HttpWork> ReadLlamaInfill(const HttpRequest& http,
                                       const HttpView& view) {
  std::string before;
  std::string line;
  std::string after;
  std::vector<LlamaExtra> extras;
  LlamaTextFields fields;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    reader.Require("input_prefix", &before)
        .Require("input_suffix", &after)
        .Optional("prompt", &line)
        .Optional("input_extra", &extras)
        .Check(extras.size() <= kMostExtras, "input_extra",
               fmt::format("at most {} texts", kMostExtras));
    fields.Read(reader);
  });
  if (!read) return read.error();
  TextRequest request = PlaceRequest(before + line, std::move(after));
  for (LlamaExtra& extra : extras) {
    request.place->others.push_back(
        GivenText(std::move(extra.name), std::move(extra.text)));
  }
  request.max_tokens = TokensOf(fields.most_tokens, kDefaultInfillTokens);
  completion::Sampling greedy = kLlamaSampling;
  greedy.temperature = 0;
  request.sampling = SamplingOf(fields.sampling, greedy, view.number);
  fields.ApplyTo(&request);
  return fields.WorkOf(std::move(request), view);
}

base::Result<HttpWork> ReadLlamaCompletion(const HttpRequest& http,
                                           const HttpView& view) {
  PromptField prompt;
  LlamaTextFields fields;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    ReadPrompt(reader, "prompt", &prompt);
    fields.Read(reader);
  });
  if (!read) return read.error();
  TextRequest request;
  auto pieces = LaidOutPieces(prompt, *view.vocabulary);
  if (!pieces) return pieces.error();
  request.pieces = std::move(*pieces);
  request.vocabulary = view.vocabulary;
  request.max_tokens = TokensOf(fields.most_tokens, kMostTokens);
  request.sampling = SamplingOf(fields.sampling, kLlamaSampling, view.number);
  fields.ApplyTo(&request);
  return fields.WorkOf(std::move(request), view);
}

json::value LlamaPieceText(const std::string& text) {
  if (base::IsUtf8(text)) return base::JsonString(text);
  json::array bytes;
  for (const char byte : text) {
    bytes.emplace_back(static_cast<unsigned char>(byte));
  }
  return bytes;
}

base::Result<HttpWork> ReadLlamaTokenize(const HttpRequest& http,
                                         const HttpView& view) {
  std::string content;
  bool begins = false;
  bool control = true;
  bool with_pieces = false;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    reader.Require("content", &content)
        .Optional("add_special", &begins)
        .Optional("parse_special", &control)
        .Optional("with_pieces", &with_pieces);
  });
  if (!read) return read.error();
  json::array tokens;
  for (const completion::PieceId piece : view.vocabulary->Pieces(
           content, {.begins = begins, .control = control})) {
    if (!with_pieces) {
      tokens.emplace_back(piece);
      continue;
    }
    const std::string text = view.vocabulary->Text({{piece}}, true);
    tokens.push_back(
        json::object{{"id", piece}, {"piece", LlamaPieceText(text)}});
  }
  return HttpWork(LlamaJsonReply(json::object{{"tokens", std::move(tokens)}}));
}

base::Result<HttpWork> ReadLlamaDetokenize(const HttpRequest& http,
                                           const HttpView& view) {
  std::vector<completion::PieceId> tokens;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    reader.Require("tokens", &tokens);
  });
  if (!read) return read.error();
  for (const completion::PieceId piece : tokens) {
    if (view.vocabulary->Knows(piece)) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("tokens: {} is no token of the model", piece));
  }
  const std::string text = view.vocabulary->Text(tokens, true);
  return HttpWork(
      LlamaJsonReply(json::object{{"content", base::JsonString(text)}}));
}

base::Result<HttpWork> ReadLlamaTemplate(const HttpRequest& http,
                                         const HttpView& view) {
  std::vector<completion::ChatTurn> turns;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    ReadTurns(reader, "messages", &turns);
  });
  if (!read) return read.error();
  const auto prompt = view.vocabulary->ChatPrompt(turns);
  if (!prompt) return prompt.error();
  return HttpWork(LlamaJsonReply(json::object{
      {"prompt", base::JsonString(view.vocabulary->Text(*prompt, true))}}));
}

base::Result<HttpWork> ReadLlamaHealth(const HttpRequest&, const HttpView&) {
  return HttpWork(LlamaJsonReply(json::object{{"status", "ok"}}));
}

base::Result<HttpWork> ReadLlamaProps(const HttpRequest&,
                                      const HttpView& view) {
  const completion::ModelFacts& facts = view.vocabulary->facts();
  TextRequest request;
  request.sampling = kLlamaSampling;
  request.max_tokens = kMostTokens;
  json::object settings = LlamaTextFields::SettingsOf(request, view);
  return HttpWork(LlamaJsonReply(json::object{
      {"default_generation_settings",
       {{"n_ctx", facts.context_length}, {"params", std::move(settings)}}},
      {"total_slots", view.most_running},
      {"model_alias", base::JsonString(facts.name)},
      {"model_path", base::JsonString(facts.path)},
      {"chat_template", base::JsonString(facts.chat_template)},
      {"bos_token", base::JsonString(facts.begin)},
      {"eos_token", base::JsonString(facts.end)},
      {"modalities", {{"vision", false}, {"audio", false}}},
      {"build_info", "krait " KRAIT_VERSION}}));
}

// One for each answer that may be under way; which text is in which is nobody
// else's business.
base::Result<HttpWork> ReadLlamaSlots(const HttpRequest&,
                                      const HttpView& view) {
  json::array slots;
  for (size_t i = 0; i < view.most_running; ++i) {
    slots.push_back(
        json::object{{"id", i},
                     {"n_ctx", view.vocabulary->facts().context_length},
                     {"is_processing", i < view.texts_running}});
  }
  return HttpWork(LlamaJsonReply(slots));
}

base::Result<HttpWork> ReadLlamaMetrics(const HttpRequest&,
                                        const HttpView& view) {
  return HttpWork(
      HttpReply{.body = MetricsText(view),
                .content_type = "text/plain; version=0.0.4; charset=utf-8"});
}

base::Result<HttpWork> ReadLlamaEmbeddings(const HttpRequest& http,
                                           const HttpView&) {
  EmbeddingWork work;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    const bool input = reader.Field("content").IsMissingOrNull();
    ReadTexts(reader, input ? "input" : "content", &work.texts);
  });
  if (!read) return read.error();
  work.reply = [](const Embedded& embedded) {
    json::array all;
    for (const std::vector<float>& vector : embedded.vectors) {
      // A row for each pooled state, of which there is one.
      all.push_back(
          json::object{{"index", all.size()},
                       {"embedding", json::array{json::value_from(vector)}}});
    }
    return LlamaJsonReply(all);
  };
  return HttpWork(std::move(work));
}

std::string_view LlamaErrorTypeOf(unsigned status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 500:
      return "server_error";
    case 501:
      return "not_supported_error";
    case 429:
    case 503:
      return "unavailable_error";
    default:
      return "invalid_request_error";
  }
}

std::string LlamaErrorBody(unsigned status, std::string_view message) {
  return base::CompactJsonText(
      json::object{{"error",
                    {{"code", status},
                     {"message", base::JsonString(message)},
                     {"type", LlamaErrorTypeOf(status)}}}});
}

constexpr std::array kLlamaRoutes = {
    Route{.method = "POST", .path = "/infill", .read = ReadLlamaInfill},
    Route{.method = "POST", .path = "/completion", .read = ReadLlamaCompletion},
    Route{
        .method = "POST", .path = "/completions", .read = ReadLlamaCompletion},
    Route{.method = "POST", .path = "/tokenize", .read = ReadLlamaTokenize},
    Route{.method = "POST", .path = "/detokenize", .read = ReadLlamaDetokenize},
    Route{
        .method = "POST", .path = "/apply-template", .read = ReadLlamaTemplate},
    Route{.method = "POST",
          .path = "/embedding",
          .needs_model = false,
          .read = ReadLlamaEmbeddings},
    Route{.method = "POST",
          .path = "/embeddings",
          .needs_model = false,
          .read = ReadLlamaEmbeddings},
    Route{.method = "GET",
          .path = "/health",
          .open = true,
          .read = ReadLlamaHealth},
    Route{.method = "GET",
          .path = "/v1/health",
          .open = true,
          .read = ReadLlamaHealth},
    Route{.method = "GET", .path = "/props", .read = ReadLlamaProps},
    Route{.method = "GET", .path = "/slots", .read = ReadLlamaSlots},
    Route{.method = "GET",
          .path = "/metrics",
          .needs_model = false,
          .read = ReadLlamaMetrics},
};

}  // namespace

const Dialect& LlamaDialect() {
  static constexpr Dialect kDialect = {.name = "llama.cpp",
                                       .routes = kLlamaRoutes,
                                       .error_body = LlamaErrorBody};
  return kDialect;
}

}  // namespace krait::daemon
