// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/status_text.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <string_view>

#include "daemon/host/local/model_summary.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

const json::object& ObjectIn(const json::object& object, std::string_view key) {
  static const auto* const empty = new json::object;
  const json::value* value = object.if_contains(key);
  const json::object* inner = value == nullptr ? nullptr : value->if_object();
  return inner == nullptr ? *empty : *inner;
}

const json::array& ArrayIn(const json::object& object, std::string_view key) {
  static const auto* const empty = new json::array;
  const json::value* value = object.if_contains(key);
  const json::array* inner = value == nullptr ? nullptr : value->if_array();
  return inner == nullptr ? *empty : *inner;
}

std::string TextIn(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return "?";
  if (value->is_string()) return std::string(value->get_string());
  if (value->is_int64()) return fmt::to_string(value->get_int64());
  if (value->is_uint64()) return fmt::to_string(value->get_uint64());
  if (value->is_double()) return fmt::to_string(value->get_double());
  if (value->is_bool()) return value->get_bool() ? "yes" : "no";
  return "?";
}

double NumberIn(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return std::nan("");
  if (value->is_int64()) return static_cast<double>(value->get_int64());
  if (value->is_uint64()) return static_cast<double>(value->get_uint64());
  return value->is_double() ? value->get_double() : std::nan("");
}

std::string BytesIn(const json::object& object, std::string_view key) {
  const double bytes = NumberIn(object, key);
  return bytes >= 0 ? BytesText(static_cast<uintmax_t>(bytes)) : "?";
}

std::string DurationText(double seconds) {
  if (!(seconds >= 0)) return "?";
  const auto whole = static_cast<int64_t>(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min", whole / 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string Line(std::string_view name, const std::string& text) {
  return fmt::format("{:<12} {}\n", name, text);
}

std::string ModelText(const json::object& model) {
  const std::string state = TextIn(model, "state");
  if (state == "ready") return TextIn(model, "description");
  if (state == "failed") return "failed: " + TextIn(model, "error");
  return fmt::format("{} ({})", TextIn(model, "path"), state);
}

std::string AnswersText(const json::object& status) {
  std::string plans;
  for (const auto& plan : ObjectIn(status, "answers_by_plan")) {
    plans += fmt::format(
        "{}{} {}", plans.empty() ? "" : ", ", std::string_view(plan.key()),
        TextIn(ObjectIn(status, "answers_by_plan"), plan.key()));
  }
  const std::string count = TextIn(status, "answers");
  return plans.empty() ? count : fmt::format("{} ({})", count, plans);
}

std::string TokensText(const json::object& status) {
  const json::object& tokens = ObjectIn(status, "tokens");
  return fmt::format(
      "{} reused, {} replayed, {} computed, {} generated (hit rate {:.1f} %)",
      TextIn(tokens, "reused"), TextIn(tokens, "replayed"),
      TextIn(tokens, "computed"), TextIn(tokens, "generated"),
      100 * NumberIn(status, "hit_rate"));
}

std::string LatencyText(const json::object& status) {
  const json::object& latency = ObjectIn(status, "latency_ms");
  std::string text;
  for (const auto& stage : latency) {
    const json::object& of_stage = ObjectIn(latency, stage.key());
    text += fmt::format("{}{} {:.1f}/{:.1f}", text.empty() ? "" : ", ",
                        std::string_view(stage.key()),
                        NumberIn(of_stage, "p50"), NumberIn(of_stage, "p99"));
  }
  return text + " ms (p50/p99)";
}

std::string DocumentText(const json::object& document) {
  std::string text = fmt::format("    {} ({} lines)\n", TextIn(document, "uri"),
                                 TextIn(document, "lines"));
  const json::object& last = ObjectIn(document, "last");
  if (last.empty()) return text;
  text += fmt::format(
      "      last: {}, {} reused, {} replayed, {} computed, {} generated",
      TextIn(last, "plan"), TextIn(last, "tokens_reused"),
      TextIn(last, "tokens_replayed"), TextIn(last, "tokens_computed"),
      TextIn(last, "tokens_generated"));
  const std::string why = TextIn(last, "suppressed_by");
  return text + (why == "?" ? "\n" : fmt::format("; nothing shown: {}\n", why));
}

std::string ConnectionText(const json::object& connection) {
  const std::string client = TextIn(connection, "client");
  std::string text =
      fmt::format("  {} {}, since {}, {} documents\n", TextIn(connection, "id"),
                  client.empty() ? TextIn(connection, "purpose") : client,
                  DurationText(NumberIn(connection, "seconds")),
                  TextIn(connection, "open_documents"));
  for (const json::value& document : ArrayIn(connection, "documents")) {
    if (document.is_object()) text += DocumentText(document.get_object());
  }
  return text;
}

// Empty: it does not listen for HTTP.
std::string HttpText(const json::object& status) {
  std::string text;
  for (const json::value& address : ArrayIn(status, "http")) {
    if (!address.is_string()) continue;
    text += fmt::format("{}http://{}", text.empty() ? "" : ", ",
                        std::string_view(address.get_string()));
  }
  if (text.empty()) return text;
  return text +
         fmt::format(", {} connections", TextIn(status, "http_connections"));
}

// Empty: nothing is configured.
std::string RemoteText(const json::object& remote) {
  if (remote.empty()) return {};
  const std::string state = TextIn(remote, "state");
  if (state == "off") return "nothing is sent: " + TextIn(remote, "problem");
  std::string text = fmt::format(
      "{}: {} requests ({} failed, {} answered here), {} sent, {} received",
      TextIn(remote, "url"), TextIn(remote, "requests"),
      TextIn(remote, "failures"), TextIn(remote, "fallbacks"),
      BytesIn(remote, "bytes_sent"), BytesIn(remote, "bytes_received"));
  if (state != "asked") {
    text += fmt::format("; not asked for {} s: {}",
                        TextIn(remote, "asked_again_in_seconds"),
                        TextIn(remote, "last_failure"));
  }
  return text;
}

std::string StatisticsRow(std::string_view name, const json::object& counts) {
  const double shown = NumberIn(counts, "shown");
  const double accepted = NumberIn(counts, "accepted");
  const std::string share =
      shown > 0 ? fmt::format("{:.0f} %", 100 * accepted / shown) : "";
  return fmt::format("{:<16} {:>9} {:>9} {:>6} {:>10} {:>12}\n", name,
                     TextIn(counts, "shown"), TextIn(counts, "accepted"), share,
                     TextIn(counts, "partially"), TextIn(counts, "characters"));
}

std::string StatisticsRows(std::string_view title, const json::object& rows) {
  std::string text = fmt::format("{}\n", title);
  for (const auto& row : rows) {
    text += StatisticsRow(fmt::format("  {}", std::string_view(row.key())),
                          ObjectIn(rows, row.key()));
  }
  return text;
}

}  // namespace

std::string StatisticsText(const json::object& statistics) {
  const std::string since = TextIn(statistics, "since");
  if (since.empty()) return "no suggestion was shown yet\n";
  return fmt::format("suggestions since {}\n\n", since) +
         fmt::format("{:<16} {:>9} {:>9} {:>6} {:>10} {:>12}\n", "", "shown",
                     "accepted", "", "in part", "characters") +
         StatisticsRow("all", statistics) +
         StatisticsRows("by language", ObjectIn(statistics, "by_language")) +
         StatisticsRows("by plan", ObjectIn(statistics, "by_plan"));
}

std::string StatusText(const json::object& status) {
  const json::object& states = ObjectIn(status, "states");
  std::string text;
  text += Line("krait",
               fmt::format("{}, process {}, since {}{}",
                           TextIn(status, "version"), TextIn(status, "pid"),
                           DurationText(NumberIn(status, "uptime_seconds")),
                           TextIn(status, "draining") == "yes"
                               ? ", making room for a newer one"
                               : ""));
  text += Line("model", ModelText(ObjectIn(status, "model")));
  text += Line("threads", TextIn(status, "threads"));
  const std::string on_cards =
      NumberIn(states, "device_budget_bytes") == 0
          ? ""
          : fmt::format(" and {} of {} on graphics cards",
                        BytesIn(states, "device_bytes"),
                        BytesIn(states, "device_budget_bytes"));
  text +=
      Line("states", fmt::format("{} of {}{}, {} checkpoints, {} tokens logged",
                                 BytesIn(states, "held_bytes"),
                                 BytesIn(states, "budget_bytes"), on_cards,
                                 TextIn(states, "checkpoints"),
                                 TextIn(states, "logged_tokens")));
  const json::object& memory = ObjectIn(status, "memory");
  text += Line("memory",
               fmt::format("at most {} ({})", BytesIn(memory, "limit_bytes"),
                           TextIn(memory, "limit_set_by")));
  text += Line("answers", AnswersText(status));
  text += Line("tokens", TokensText(status));
  text += Line("latency", LatencyText(status));
  if (const std::string http = HttpText(status); !http.empty()) {
    text += Line("HTTP", http);
  }
  if (const std::string remote = RemoteText(ObjectIn(status, "remote"));
      !remote.empty()) {
    text += Line("remote", remote);
  }
  text += Line("connections",
               fmt::to_string(ArrayIn(status, "connections").size()));
  for (const json::value& connection : ArrayIn(status, "connections")) {
    if (connection.is_object()) text += ConnectionText(connection.get_object());
  }
  return text;
}

}  // namespace krait::daemon
