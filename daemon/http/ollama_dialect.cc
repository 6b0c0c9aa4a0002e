// SPDX-License-Identifier: Apache-2.0
//
// What Ollama's server speaks, the widest local dialect: answers in lines of
// JSON, one by one unless the client wants them whole.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/json_value.h"
#include "daemon/http/dialect.h"
#include "daemon/http/embeddings.h"
#include "daemon/http/fields.h"
#include "daemon/http/llama_answer.h"
#include "daemon/http/probabilities.h"

namespace krait::daemon {

const Dialect& OllamaDialect();

namespace {

namespace json = boost::json;

constexpr size_t kOllamaDefaultTokens = 2048;
constexpr completion::Sampling kOllamaSampling = {
    .temperature = 0.8F, .top_k = 40, .top_p = 0.9F};
constexpr std::string_view kOllamaNoImages =
    "nothing, as krait's models see no images";

int64_t OllamaNanoseconds(completion::Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

// Of one answer, to a prompt or in a conversation.
class OllamaAnswer final : public AnswerWriter {
 public:
  struct Form {
    bool stream = true;
    bool chat = false;
    bool logprobs = false;
    std::string model = {};
    int64_t now = 0;  // seconds since 1970
  };
  explicit OllamaAnswer(Form form) : form_(std::move(form)) {}

  std::optional<std::string_view> stream_type() const override {
    if (!form_.stream) return std::nullopt;
    return "application/x-ndjson";
  }

  std::string Part(const TextDelta& delta) override {
    std::string_view text = delta.text;
    if (form_.chat && !begun_) {
      text = text.substr(std::min(text.find_first_not_of(" \n"), text.size()));
    }
    if (text.empty()) return {};
    begun_ = true;
    json::object object = Envelope(text);
    object["done"] = false;
    if (form_.logprobs) {
      object["logprobs"] = ProbabilitiesOf(delta.pieces, TokenIds::kLeftOut);
    }
    return base::CompactJsonText(object) + "\n";
  }

  std::string Whole(const TextAnswer& answer) override {
    const TextChoice& said = answer.choices.front();
    std::string_view text = said.text;
    if (form_.chat) {
      text = text.substr(std::min(text.find_first_not_of(" \n"), text.size()));
    }
    json::object object = Envelope(form_.stream ? std::string_view() : text);
    object["done"] = true;
    if (form_.logprobs && !form_.stream) {
      object["logprobs"] =
          ProbabilitiesOf(PiecesOfText(said), TokenIds::kLeftOut);
    }
    object["done_reason"] = said.end == TextEnd::kLimit ? "length" : "stop";
    object["total_duration"] =
        OllamaNanoseconds(answer.trace.queue + answer.trace.tokenize +
                          answer.trace.prefill + answer.trace.decode);
    object["load_duration"] = 0;
    object["prompt_eval_count"] = answer.prompt_tokens;
    object["prompt_eval_duration"] =
        OllamaNanoseconds(answer.trace.tokenize + answer.trace.prefill);
    object["eval_count"] = said.pieces.size();
    object["eval_duration"] = OllamaNanoseconds(answer.trace.decode);
    // Not Ollama's own: how many of the prompt's tokens were warm.
    object["prompt_cached_count"] = answer.cached_tokens();
    object["timings"] = TimingsOf(answer);
    return base::CompactJsonText(object) + "\n";
  }

  std::string Failed(std::string_view message) override {
    return OllamaDialect().error_body(500, message) + "\n";
  }

 private:
  json::object Envelope(std::string_view text) const {
    json::object object{{"model", base::JsonString(form_.model)},
                        {"created_at", TimeText(form_.now)}};
    if (form_.chat) {
      object["message"] = {{"role", "assistant"},
                           {"content", base::JsonString(text)}};
    } else {
      object["response"] = base::JsonString(text);
    }
    return object;
  }

  const Form form_;
  bool begun_ = false;
};

// What /api/generate and /api/chat both take.
struct OllamaCommonFields {
  std::string model;
  bool stream = true;
  SamplingFields sampling;
  std::optional<int64_t> most_tokens;
  std::vector<std::string> stops;
  std::optional<size_t> likeliest;

  void Read(base::ObjectReader& reader) {
    reader.Optional("model", &model).Optional("stream", &stream);
    ReadLogprobs(reader, &likeliest);
    reader.OptionalObject("options", [this](base::ObjectReader& options) {
      ReadSampling(options, "repeat_penalty", "seed", &sampling);
      ReadWhole(options, "num_predict", &most_tokens);
      ReadStops(options, "stop", &stops);
    });
    RefuseField(reader, "format",
                "nothing, as krait's models keep to no format");
  }

  HttpWork WorkOf(TextRequest request, const completion::Sampling& otherwise,
                  bool chat, const HttpView& view) {
    request.sampling = SamplingOf(sampling, otherwise, view.number);
    request.max_tokens = TokensOf(most_tokens, kOllamaDefaultTokens);
    request.stops = std::move(stops);
    WantProbabilities(likeliest, &request);
    if (model.empty()) model = view.vocabulary->facts().name;
    return TextWork{.request = std::move(request),
                    .writer = std::make_unique<OllamaAnswer>(
                        OllamaAnswer::Form{.stream = stream,
                                           .chat = chat,
                                           .logprobs = likeliest.has_value(),
                                           .model = std::move(model),
                                           .now = view.now})};
  }
};

// An empty prompt means that the model is to be loaded, which it is.
HttpReply OllamaLoadedReply(const std::string& model, bool chat, int64_t now) {
  json::object object{{"model", base::JsonString(model)},
                      {"created_at", TimeText(now)},
                      {"done", true},
                      {"done_reason", "load"}};
  if (chat) {
    object["message"] = {{"role", "assistant"}, {"content", ""}};
  } else {
    object["response"] = "";
  }
  return {.body = base::CompactJsonText(object)};
}

struct OllamaGenerateFields : OllamaCommonFields {
  std::string prompt;
  std::string suffix;
  std::string system;
  bool raw = false;

  void Read(base::ObjectReader& reader) {
    OllamaCommonFields::Read(reader);
    reader.Optional("prompt", &prompt)
        .Optional("suffix", &suffix)
        .Optional("system", &system)
        .Optional("raw", &raw);
    RefuseField(reader, "images", kOllamaNoImages);
  }

  // The prompt as it is, for a model that cannot chat or a client that has laid
  // it out; else a conversation's beginning.
  base::Result<TextRequest> RequestOf(
      const completion::Vocabulary& vocabulary) const {
    TextRequest request;
    if (raw) {
      auto pieces = LaidOutPieces({.text = prompt}, vocabulary);
      if (!pieces) return pieces.error();
      request.pieces = std::move(*pieces);
    } else if (vocabulary.facts().no_chat.empty()) {
      std::vector<completion::ChatTurn> turns;
      if (!system.empty()) {
        turns.push_back(
            {.role = completion::ChatRole::kSystem, .text = system});
      }
      turns.push_back({.text = prompt});
      auto pieces = vocabulary.ChatPrompt(turns);
      if (!pieces) return pieces.error();
      request.pieces = std::move(*pieces);
    } else {
      request.pieces = vocabulary.Pieces(prompt, {.begins = true});
    }
    return request;
  }
};

base::Result<HttpWork> ReadOllamaGenerate(const HttpRequest& http,
                                          const HttpView& view) {
  OllamaGenerateFields fields;
  const auto read = ReadBody(
      http.body, [&](base::ObjectReader& reader) { fields.Read(reader); });
  if (!read) return read.error();
  if (fields.prompt.empty() && fields.suffix.empty()) {
    return HttpWork(OllamaLoadedReply(fields.model, /*chat=*/false, view.now));
  }
  if (!fields.suffix.empty()) {
    TextRequest request =
        PlaceRequest(std::move(fields.prompt), std::move(fields.suffix));
    return fields.WorkOf(std::move(request), {}, /*chat=*/false, view);
  }
  auto request = fields.RequestOf(*view.vocabulary);
  if (!request) return request.error();
  request->vocabulary = view.vocabulary;
  const bool talks = !fields.raw && view.vocabulary->facts().no_chat.empty();
  return fields.WorkOf(
      std::move(*request),
      talks ? ChatSamplingOf(*view.vocabulary) : kOllamaSampling,
      /*chat=*/false, view);
}

base::Result<HttpWork> ReadOllamaChat(const HttpRequest& http,
                                      const HttpView& view) {
  OllamaCommonFields fields;
  std::vector<completion::ChatTurn> turns;
  bool empty = false;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    fields.Read(reader);
    const base::JsonValue messages = reader.Field("messages");
    empty = messages.IsMissingOrNull() || messages.ToText() == "[]";
    if (!empty) ReadTurns(reader, "messages", &turns);
    RefuseField(reader, "tools", "nothing, as krait's models call no tools");
  });
  if (!read) return read.error();
  if (empty) {
    return HttpWork(OllamaLoadedReply(fields.model, /*chat=*/true, view.now));
  }
  TextRequest request;
  request.likeliest = fields.likeliest;
  if (const auto set =
          SetConversation(view, std::move(turns), fields.sampling, &request);
      !set) {
    return set.error();
  }
  return fields.WorkOf(std::move(request), ChatSamplingOf(*view.vocabulary),
                       /*chat=*/true, view);
}

// What there is of models
// ------------------------------------------------------

std::string OllamaParametersOf(uint64_t count) {
  const auto number = static_cast<double>(count);
  if (count >= 1'000'000'000) return fmt::format("{:.1f}B", number / 1e9);
  return fmt::format("{:.1f}M", number / 1e6);
}

json::object OllamaDetailsOf(const completion::ModelFacts& facts) {
  return {{"parent_model", ""},
          {"format", "gguf"},
          {"family", base::JsonString(facts.architecture)},
          {"families", json::array{base::JsonString(facts.architecture)}},
          {"parameter_size", OllamaParametersOf(facts.parameters)},
          {"quantization_level", base::JsonString(facts.quantisation)}};
}

json::object OllamaModelOf(const completion::ModelFacts& facts) {
  return {{"name", base::JsonString(facts.name)},
          {"model", base::JsonString(facts.name)},
          {"size", facts.bytes},
          {"digest", ""},
          {"details", OllamaDetailsOf(facts)}};
}

base::Result<HttpWork> ReadOllamaTags(const HttpRequest&,
                                      const HttpView& view) {
  json::object model = OllamaModelOf(view.vocabulary->facts());
  model["modified_at"] = TimeText(view.vocabulary->facts().modified);
  return HttpWork(HttpReply{.body = base::CompactJsonText(json::object{
                                {"models", json::array{std::move(model)}}})});
}

// It is in memory as long as the daemon is.
base::Result<HttpWork> ReadOllamaRunning(const HttpRequest&,
                                         const HttpView& view) {
  constexpr int64_t kYear = int64_t{365} * 24 * 3600;
  json::object model = OllamaModelOf(view.vocabulary->facts());
  model["expires_at"] = TimeText(view.now + kYear);
  model["size_vram"] = 0;
  return HttpWork(HttpReply{.body = base::CompactJsonText(json::object{
                                {"models", json::array{std::move(model)}}})});
}

base::Result<HttpWork> ReadOllamaShow(const HttpRequest& http,
                                      const HttpView& view) {
  const auto read = ReadBody(http.body, [](base::ObjectReader& reader) {
    std::string model;
    reader.Optional("model", &model).Optional("name", &model);
  });
  if (!read) return read.error();
  const completion::ModelFacts& facts = view.vocabulary->facts();
  json::object info{
      {"general.architecture", base::JsonString(facts.architecture)},
      {"general.parameter_count", facts.parameters}};
  info[facts.architecture + ".context_length"] = facts.context_length;
  info[facts.architecture + ".embedding_length"] = facts.embedding;
  json::array capabilities = {"completion"};
  if (facts.fills_in) capabilities.emplace_back("insert");
  return HttpWork(
      HttpReply{.body = base::CompactJsonText(json::object{
                    {"modelfile", ""},
                    {"parameters", ""},
                    {"template", base::JsonString(facts.chat_template)},
                    {"details", OllamaDetailsOf(facts)},
                    {"model_info", std::move(info)},
                    {"capabilities", std::move(capabilities)},
                    {"modified_at", TimeText(facts.modified)}})});
}

base::Result<HttpWork> ReadOllamaVersion(const HttpRequest&, const HttpView&) {
  return HttpWork(HttpReply{
      .body = base::CompactJsonText(json::object{{"version", KRAIT_VERSION}})});
}

base::Result<HttpWork> ReadOllamaEmbed(const HttpRequest& http,
                                       const HttpView&) {
  EmbeddingWork work;
  std::string model = "krait";
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    reader.Optional("model", &model);
    ReadTexts(reader, "input", &work.texts);
  });
  if (!read) return read.error();
  work.reply = [model](const Embedded& embedded) {
    return HttpReply{.body = base::CompactJsonText(json::object{
                         {"model", base::JsonString(model)},
                         {"embeddings", json::value_from(embedded.vectors)},
                         {"total_duration", embedded.took.count()},
                         {"load_duration", 0},
                         {"prompt_eval_count", embedded.tokens}})};
  };
  return HttpWork(std::move(work));
}

// The path of earlier versions: one text.
base::Result<HttpWork> ReadOllamaEmbeddings(const HttpRequest& http,
                                            const HttpView&) {
  EmbeddingWork work;
  const auto read = ReadBody(http.body, [&](base::ObjectReader& reader) {
    reader.Require("prompt", &work.texts.emplace_back());
  });
  if (!read) return read.error();
  work.reply = [](const Embedded& embedded) {
    return HttpReply{
        .body = base::CompactJsonText(json::object{
            {"embedding", json::value_from(embedded.vectors.front())}})};
  };
  return HttpWork(std::move(work));
}

std::string OllamaErrorBody(unsigned /*status*/, std::string_view message) {
  return base::CompactJsonText(
      json::object{{"error", base::JsonString(message)}});
}

constexpr std::array kOllamaRoutes = {
    Route{
        .method = "POST", .path = "/api/generate", .read = ReadOllamaGenerate},
    Route{.method = "POST", .path = "/api/chat", .read = ReadOllamaChat},
    Route{.method = "GET", .path = "/api/tags", .read = ReadOllamaTags},
    Route{.method = "GET", .path = "/api/ps", .read = ReadOllamaRunning},
    Route{.method = "POST", .path = "/api/show", .read = ReadOllamaShow},
    Route{.method = "POST",
          .path = "/api/embed",
          .needs_model = false,
          .read = ReadOllamaEmbed},
    Route{.method = "POST",
          .path = "/api/embeddings",
          .needs_model = false,
          .read = ReadOllamaEmbeddings},
    Route{.method = "GET",
          .path = "/api/version",
          .needs_model = false,
          .open = true,
          .read = ReadOllamaVersion},
};

}  // namespace

const Dialect& OllamaDialect() {
  static constexpr Dialect kDialect = {
      .name = "Ollama", .routes = kOllamaRoutes, .error_body = OllamaErrorBody};
  return kDialect;
}

}  // namespace krait::daemon
