// SPDX-License-Identifier: Apache-2.0
//
// What krait says by HTTP in words of its own: the page for people, and what
// that shows of the daemon.
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "daemon/completion/trace_json.h"
#include "daemon/http/dialect.h"
#include "daemon/http/embedded_page.h"
#include "daemon/http/repository_chat.h"

namespace krait::daemon {

const Dialect& KraitDialect();

namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::MakeError;

// Nothing but its own files, nothing written into it, no page around it. What a
// model says becomes elements in one place only, a policy of trusted types.
constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types krait-markdown";

HttpReply PageReply(std::string_view body, std::string content_type) {
  HttpReply reply{.body = std::string(body),
                  .content_type = std::move(content_type)};
  reply.fields = {{"Content-Security-Policy", std::string(kPagePolicy)},
                  {"Referrer-Policy", "no-referrer"},
                  {"Cross-Origin-Opener-Policy", "same-origin"},
                  {"Cross-Origin-Resource-Policy", "same-origin"},
                  // Another krait may answer here tomorrow.
                  {"Cache-Control", "no-cache"}};
  return reply;
}

// Browsers get the page, programs that look whether there is a server a word.
base::Result<HttpWork> ReadKraitRoot(const HttpRequest& http,
                                     const HttpView& /*view*/) {
  const bool browser = http.accept.find("text/html") != std::string::npos;
  if (browser && !kEmbeddedPage.html.empty()) {
    HttpReply page = PageReply(kEmbeddedPage.html, "text/html; charset=utf-8");
    page.fields.emplace_back("Vary", "Accept");
    return HttpWork(std::move(page));
  }
  return HttpWork(HttpReply{.body = "krait is running\n",
                            .content_type = "text/plain; charset=utf-8",
                            .fields = {{"Vary", "Accept"}}});
}

template <std::string_view EmbeddedPage::*kFile>
base::Result<HttpWork> ReadKraitFile(const HttpRequest& /*http*/,
                                     const HttpView& /*view*/) {
  constexpr std::string_view kType =
      kFile == &EmbeddedPage::script  ? "text/javascript; charset=utf-8"
      : kFile == &EmbeddedPage::style ? "text/css; charset=utf-8"
                                      : "image/svg+xml";
  const std::string_view body = kEmbeddedPage.*kFile;
  if (body.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     "this krait was built without its page");
  }
  return HttpWork(PageReply(body, std::string(kType)));
}

json::object ModelToJson(const HttpView& view) {
  if (view.vocabulary == nullptr) return {{"ready", false}};
  const completion::ModelFacts& facts = view.vocabulary->facts();
  return {{"ready", true},
          {"name", base::JsonString(facts.name)},
          {"architecture", base::JsonString(facts.architecture)},
          {"quantisation", base::JsonString(facts.quantisation)},
          {"parameters", facts.parameters},
          {"context_length", facts.context_length},
          {"fills_in", facts.fills_in},
          {"no_chat", base::JsonString(facts.no_chat)}};
}

json::object LatencyToJson(const Statistics& statistics) {
  json::object latency;
  for (size_t stage = 0; stage < kNumStages; ++stage) {
    const auto of = statistics.LatencyOf(static_cast<Stage>(stage));
    latency[kStageNames[stage]] = {{"p50", completion::Milliseconds(of.p50)},
                                   {"p99", completion::Milliseconds(of.p99)}};
  }
  return latency;
}

base::Result<HttpWork> ReadKraitState(const HttpRequest& /*http*/,
                                      const HttpView& view) {
  const completion::CompletionTrace& totals = view.statistics.totals();
  json::object answers;
  for (const auto& [plan, count] : view.statistics.answers_by_plan()) {
    answers[completion::PromptPlanName(plan)] = count;
  }
  const completion::WarmStatus& warm = view.host.warm;
  return HttpWork(HttpReply{
      .body = base::CompactJsonText(json::object{
          {"version", KRAIT_VERSION},
          {"uptime_seconds", view.uptime_seconds},
          {"model", ModelToJson(view)},
          {"answers", view.statistics.num_answers()},
          {"answers_by_plan", std::move(answers)},
          {"tokens",
           {{"reused", totals.tokens_reused + totals.tokens_replayed},
            {"computed", totals.tokens_computed},
            {"generated", totals.tokens_generated}}},
          {"latency_ms", LatencyToJson(view.statistics)},
          {"states",
           {{"held_bytes", warm.held_bytes},
            {"budget_bytes", warm.budget_bytes},
            {"checkpoints", warm.checkpoints}}},
          {"queue",
           {{"running", view.texts_running},
            {"waiting", view.texts_waiting + view.host.waiting_completions}}},
          {"http", {{"requests", view.requests}, {"refused", view.refused}}}}),
      .fields = {{"Cache-Control", "no-store"}}});
}

base::Result<HttpWork> ReadKraitRepositories(const HttpRequest& /*http*/,
                                             const HttpView& view) {
  return HttpWork(ListRepositories(view));
}

std::string KraitErrorBody(unsigned status, std::string_view message) {
  return base::CompactJsonText(json::object{
      {"error", {{"code", status}, {"message", base::JsonString(message)}}}});
}

constexpr std::array kKraitRoutes = {
    Route{.method = "GET",
          .path = "/",
          .needs_model = false,
          .open = true,
          .read = ReadKraitRoot},
    Route{.method = "GET",
          .path = "/page.js",
          .needs_model = false,
          .open = true,
          .read = ReadKraitFile<&EmbeddedPage::script>},
    Route{.method = "GET",
          .path = "/page.css",
          .needs_model = false,
          .open = true,
          .read = ReadKraitFile<&EmbeddedPage::style>},
    Route{.method = "GET",
          .path = "/icon.svg",
          .needs_model = false,
          .open = true,
          .read = ReadKraitFile<&EmbeddedPage::icon>},
    Route{.method = "GET",
          .path = "/krait/state",
          .needs_model = false,
          .read = ReadKraitState},
    Route{.method = "GET",
          .path = "/krait/repositories",
          .needs_model = false,
          .read = ReadKraitRepositories},
};

}  // namespace

const Dialect& KraitDialect() {
  static constexpr Dialect kDialect = {
      .name = "krait", .routes = kKraitRoutes, .error_body = KraitErrorBody};
  return kDialect;
}

}  // namespace krait::daemon
