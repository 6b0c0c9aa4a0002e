// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/daemon_status.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/json_text.h"
#include "daemon/completion/trace_json.h"
#include "daemon/memory_limit.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

constexpr size_t kMostDocuments = 200;
// A URI can be as long as a message.
constexpr size_t kMostUriBytes = 1000;

double Seconds(std::chrono::steady_clock::duration duration) {
  using Milliseconds = std::chrono::milliseconds;
  const auto ms = std::chrono::duration_cast<Milliseconds>(duration).count();
  return static_cast<double>(ms) / 1000.0;
}

json::object DocumentToJson(const SessionStatus::Document& document) {
  json::object object;
  object["uri"] = document.document->uri.substr(0, kMostUriBytes);
  object["language"] = document.document->language_id.substr(0, 100);
  object["bytes"] = document.document->text.size();
  object["lines"] = document.document->text.num_lines();
  if (document.trace) {
    object["last"] = completion::TraceToJson(*document.trace);
  } else {
    object["last"] = nullptr;
  }
  return object;
}

json::object ConnectionToJson(const ConnectionStatus& connection) {
  json::object object;
  object["id"] = connection.id;
  object["purpose"] = connection.purpose;
  object["seconds"] = Seconds(connection.age);
  object["client"] = connection.session.client.substr(0, kMostUriBytes);
  const auto& documents = connection.session.documents;
  object["open_documents"] = documents.size();
  object["documents"] = DocumentsToJson(documents);
  return object;
}

json::object StatesToJson(const completion::WarmStatus& warm) {
  return {{"budget_bytes", warm.budget_bytes},
          {"held_bytes", warm.held_bytes},
          {"device_budget_bytes", warm.device_budget_bytes},
          {"device_bytes", warm.device_bytes},
          {"checkpoints", warm.checkpoints},
          {"logged_tokens", warm.logged_tokens}};
}

std::string_view StateName(remote::Circuit::State state) {
  switch (state) {
    case remote::Circuit::State::kClosed:
      return "asked";
    case remote::Circuit::State::kOpen:
      return "resting";
    case remote::Circuit::State::kTrying:
      break;
  }
  return "tried again";
}

json::object RemoteToJson(const remote::Engine& engine) {
  const remote::RemoteStatus status = engine.status();
  json::object object{{"url", status.url},
                      {"completion", engine.settings().completion},
                      {"chat", engine.settings().chat},
                      {"state", StateName(status.state)},
                      {"asked_again_in_seconds", status.asked_again_in.count()},
                      {"requests", status.requests},
                      {"failures", status.failures},
                      {"fallbacks", status.fallbacks},
                      {"bytes_sent", status.bytes_sent},
                      {"bytes_received", status.bytes_received}};
  if (!status.problem.empty()) {
    object["state"] = "off";
    object["problem"] = base::JsonString(status.problem);
  }
  if (!status.last_failure.empty()) {
    object["last_failure"] = base::JsonString(status.last_failure);
  }
  return object;
}

void AddStatistics(const Statistics& statistics, json::object* object) {
  json::object answers;
  for (const auto& [plan, count] : statistics.answers_by_plan()) {
    answers[completion::PromptPlanName(plan)] = count;
  }
  (*object)["answers"] = statistics.num_answers();
  (*object)["answers_by_plan"] = std::move(answers);
  const completion::CompletionTrace& totals = statistics.totals();
  (*object)["tokens"] = {{"reused", totals.tokens_reused},
                         {"replayed", totals.tokens_replayed},
                         {"computed", totals.tokens_computed},
                         {"generated", totals.tokens_generated}};
  (*object)["hit_rate"] = statistics.HitRate();
  json::object latency;
  for (size_t stage = 0; stage < kNumStages; ++stage) {
    const auto percentiles = statistics.LatencyOf(static_cast<Stage>(stage));
    latency[kStageNames[stage]] = {
        {"p50", completion::Milliseconds(percentiles.p50)},
        {"p99", completion::Milliseconds(percentiles.p99)}};
  }
  (*object)["latency_ms"] = std::move(latency);
}

}  // namespace

json::array DocumentsToJson(
    const std::vector<SessionStatus::Document>& documents) {
  json::array listed;
  for (size_t i = 0; i < std::min(documents.size(), kMostDocuments); ++i) {
    listed.push_back(DocumentToJson(documents[i]));
  }
  return listed;
}

json::object HostToJson(CompletionHost& host) {
  json::object object;
  object["pid"] = getpid();
  object["version"] = KRAIT_VERSION;
  object["uptime_seconds"] = Seconds(host.uptime());
  json::object model;
  if (!host.loaded()) {
    model["state"] = "loading";
  } else if (*host.loaded()) {
    model["state"] = "ready";
    model["description"] = **host.loaded();
  } else {
    model["state"] = "failed";
    model["error"] = host.loaded()->error().message;
  }
  object["model"] = std::move(model);
  object["threads"] = host.threads();
  const HostStatus work = host.status();
  object["queue"] = {{"running", work.running},
                     {"completions", work.waiting_completions},
                     {"warmings", work.waiting_warmings}};
  object["states"] = StatesToJson(work.warm);
  const MemoryLimit& limit = ProcessMemoryLimit();
  object["memory"] = {{"limit_bytes", limit.bytes},
                      {"limit_set_by", limit.set_by},
                      {"budget_bytes", host.memory()->limit_bytes()},
                      {"held_bytes", host.memory()->held_bytes()}};
  if (host.elsewhere() != nullptr) {
    object["remote"] = RemoteToJson(*host.elsewhere());
  }
  AddStatistics(host.statistics(), &object);
  return object;
}

void AddAcceptance(const AcceptanceStore& acceptance, json::object* object) {
  json::value& statistics = (*object)["statistics"];
  if (const auto total = acceptance.Total()) statistics = ToJson(*total);
}

json::object StatusToJson(const DaemonStatus& status, CompletionHost& host,
                          const AcceptanceStore& acceptance) {
  json::object object = HostToJson(host);
  object["running"] = true;
  object["draining"] = status.draining;
  json::array& http = object["http"].emplace_array();
  for (const std::string& address : status.http) http.emplace_back(address);
  object["http_connections"] = status.http_connections;
  object["model"].get_object()["path"] = status.model;
  AddAcceptance(acceptance, &object);
  json::array& connections = object["connections"].emplace_array();
  for (const ConnectionStatus& connection : status.connections) {
    connections.push_back(ConnectionToJson(connection));
  }
  return object;
}

}  // namespace krait::daemon
