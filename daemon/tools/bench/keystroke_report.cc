// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/keystroke_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>

#include "daemon/completion/trace_json.h"
#include "daemon/tools/bench/samples.h"

namespace krait::daemon {
namespace {

using Samples = std::vector<const StepSample*>;

using completion::Milliseconds;

template <class Value>
std::vector<double> Values(const Samples& samples, const Value& value) {
  std::vector<double> values;
  for (const StepSample* sample : samples) {
    values.push_back(static_cast<double>(std::invoke(value, *sample)));
  }
  return values;
}

Percentiles PercentilesOf(const std::vector<double>& values) {
  return {.p50 = Quantile(values, 0.5), .p99 = Quantile(values, 0.99)};
}

// The median of a part of the trace.
double MedianOf(const Samples& samples,
                size_t completion::CompletionTrace::*tokens) {
  return Quantile(Values(samples,
                         [tokens](const StepSample& sample) {
                           return sample.cost.trace.*tokens;
                         }),
                  0.5);
}
double MedianOf(
    const Samples& samples,
    completion::Clock::duration completion::CompletionTrace::*stage) {
  return Quantile(Values(samples,
                         [stage](const StepSample& sample) {
                           return Milliseconds(sample.cost.trace.*stage);
                         }),
                  0.5);
}

std::optional<StepSummary::PeerSummary> SummarizePeer(const Samples& samples,
                                                      double our_median_ms) {
  std::vector<double> computed;
  std::vector<double> whole_ms;
  for (const StepSample* sample : samples) {
    if (!sample->peer) continue;
    whole_ms.push_back(sample->peer->whole_ms);
    if (sample->peer->tokens_computed) {
      computed.push_back(*sample->peer->tokens_computed);
    }
  }
  if (whole_ms.empty()) return std::nullopt;
  StepSummary::PeerSummary peer{.whole_ms = PercentilesOf(whole_ms)};
  if (!computed.empty()) {
    peer.computed = Quantile(computed, 0.5);
    peer.most_computed = std::ranges::max(computed);
  }
  peer.ratio = peer.whole_ms.p50 / our_median_ms;
  return peer;
}

StepSummary SummarizeKind(StepKind kind, const Samples& samples) {
  StepSummary summary{.kind = kind, .requests = samples.size()};
  summary.reused =
      MedianOf(samples, &completion::CompletionTrace::tokens_reused);
  summary.replayed =
      MedianOf(samples, &completion::CompletionTrace::tokens_replayed);
  summary.computed =
      MedianOf(samples, &completion::CompletionTrace::tokens_computed);
  summary.most_computed =
      std::ranges::max(Values(samples, [](const StepSample& sample) {
        return sample.cost.trace.tokens_computed;
      }));
  summary.first_token_ms =
      PercentilesOf(Values(samples, [](const StepSample& sample) {
        return Milliseconds(sample.cost.to_first_token);
      }));
  summary.whole_ms =
      PercentilesOf(Values(samples, [](const StepSample& sample) {
        return Milliseconds(sample.cost.whole);
      }));
  summary.tokenize_ms =
      MedianOf(samples, &completion::CompletionTrace::tokenize);
  summary.prefill_ms = MedianOf(samples, &completion::CompletionTrace::prefill);
  summary.decode_ms = MedianOf(samples, &completion::CompletionTrace::decode);
  summary.post_ms = MedianOf(samples, &completion::CompletionTrace::post);
  for (const StepSample* sample : samples) {
    ++summary.plans[sample->cost.trace.plan];
  }
  summary.peer = SummarizePeer(samples, summary.whole_ms.p50);
  return summary;
}

boost::json::object ToJson(const Percentiles& percentiles) {
  return {{"p50", percentiles.p50}, {"p99", percentiles.p99}};
}

boost::json::object ToJson(const StepSummary& step) {
  boost::json::object plans;
  for (const auto& [plan, requests] : step.plans)
    plans[completion::PromptPlanName(plan)] = requests;
  boost::json::object json;
  json["step"] = StepName(step.kind);
  json["requests"] = step.requests;
  json["tokens"] = {{"reused", step.reused},
                    {"replayed", step.replayed},
                    {"computed", step.computed},
                    {"most_computed", step.most_computed}};
  json["plans"] = std::move(plans);
  json["first_token_ms"] = ToJson(step.first_token_ms);
  json["whole_ms"] = ToJson(step.whole_ms);
  json["stages_ms"] = {{"tokenize", step.tokenize_ms},
                       {"prefill", step.prefill_ms},
                       {"decode", step.decode_ms},
                       {"post", step.post_ms}};
  if (!step.peer) return json;
  const auto or_null = [](std::optional<double> value) {
    return value ? boost::json::value(*value) : boost::json::value();
  };
  json["peer"] = {{"computed", or_null(step.peer->computed)},
                  {"most_computed", or_null(step.peer->most_computed)},
                  {"whole_ms", ToJson(step.peer->whole_ms)},
                  {"ratio", step.peer->ratio}};
  return json;
}

boost::json::object ToJson(const completion::WarmStatus& status) {
  return {{"held_bytes", status.held_bytes},
          {"budget_bytes", status.budget_bytes},
          {"checkpoints", status.checkpoints},
          {"logged_tokens", status.logged_tokens}};
}

}  // namespace

std::vector<StepSummary> Summarize(std::span<const StepSample> samples) {
  std::vector<StepSummary> steps;
  for (const StepKind kind : kAllSteps) {
    Samples of_kind;
    for (const StepSample& sample : samples) {
      if (sample.kind == kind) of_kind.push_back(&sample);
    }
    if (!of_kind.empty()) steps.push_back(SummarizeKind(kind, of_kind));
  }
  return steps;
}

const StepSummary* FindStep(std::span<const StepSummary> steps, StepKind kind) {
  const auto found = std::ranges::find(steps, kind, &StepSummary::kind);
  return found == steps.end() ? nullptr : &*found;
}

std::vector<StepSummary> KeystrokeResult::Summary() const {
  std::vector<StepSample> samples;
  for (const KeystrokeRound& round : rounds) {
    samples.insert(samples.end(), round.samples.begin(), round.samples.end());
  }
  return Summarize(samples);
}

std::string KeystrokeTable(const KeystrokeResult& result) {
  const std::vector<StepSummary> steps = result.Summary();
  const bool peer = std::ranges::any_of(
      steps, [](const StepSummary& step) { return step.peer.has_value(); });
  std::string table =
      fmt::format("{}, {} lines\n{:32}{:>5}{:>9}{:>9}{:>9}{:>10}{:>10}{:>9}",
                  result.file, result.lines, "", "n", "reused", "replayed",
                  "computed", "first ms", "whole ms", "p99");
  if (peer) {
    table += fmt::format("{:>11}{:>10}{:>9}{:>8}", "| computed", "whole ms",
                         "p99", "ratio");
  }
  for (const StepSummary& step : steps) {
    table += fmt::format(
        "\n{:32}{:>5}{:>9.0f}{:>9.0f}{:>9.0f}{:>10.2f}{:>10.2f}{:>9.2f}",
        StepTitle(step.kind), step.requests, step.reused, step.replayed,
        step.computed, step.first_token_ms.p50, step.whole_ms.p50,
        step.whole_ms.p99);
    if (!step.peer) continue;
    const std::string computed =
        step.peer->computed ? fmt::format("{:.0f}", *step.peer->computed) : "?";
    table += fmt::format("{:>11}{:>10.1f}{:>9.1f}{:>8.1f}", "| " + computed,
                         step.peer->whole_ms.p50, step.peer->whole_ms.p99,
                         step.peer->ratio);
  }
  return table;
}

boost::json::object KeystrokeJson(const KeystrokeResult& result) {
  boost::json::array steps;
  for (const StepSummary& step : result.Summary()) {
    steps.push_back(ToJson(step));
  }
  boost::json::object json;
  json["file"] = result.file;
  json["lines"] = result.lines;
  json["rounds"] = result.rounds.size();
  json["steps"] = std::move(steps);
  if (!result.rounds.empty()) {
    json["warm_after_first_request"] = ToJson(result.rounds.back().one_file);
    json["warm_at_end"] = ToJson(result.rounds.back().all_files);
  }
  return json;
}

}  // namespace krait::daemon
