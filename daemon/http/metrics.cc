// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/metrics.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

namespace krait::daemon {
namespace {

class Metrics {
 public:
  template <class Number>
  void Counter(std::string_view name, std::string_view help, Number value) {
    Add("counter", name, help, value);
  }
  template <class Number>
  void Gauge(std::string_view name, std::string_view help, Number value) {
    Add("gauge", name, help, value);
  }
  void Seconds(std::string_view stage, const Statistics::Percentiles& of) {
    using S = std::chrono::duration<double>;
    for (const auto& [quantile, value] :
         {std::pair{"0.5", of.p50}, std::pair{"0.99", of.p99}}) {
      text_ += fmt::format(
          "krait_latency_seconds{{stage=\"{}\",quantile=\"{}\"}} {}\n", stage,
          quantile, S(value).count());
    }
  }
  void Head(std::string_view kind, std::string_view name,
            std::string_view help) {
    text_ +=
        fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
  }
  std::string Take() { return std::move(text_); }

 private:
  template <class Number>
  void Add(std::string_view kind, std::string_view name, std::string_view help,
           Number value) {
    Head(kind, name, help);
    text_ += fmt::format("{} {}\n", name, value);
  }

  std::string text_;
};

}  // namespace

std::string MetricsText(const HttpView& view) {
  Metrics metrics;
  const completion::CompletionTrace& tokens = view.statistics.totals();
  metrics.Counter("llamacpp:prompt_tokens_total",
                  "Prompt tokens that the model computed.",
                  tokens.tokens_computed);
  metrics.Counter("llamacpp:tokens_predicted_total", "Tokens generated.",
                  tokens.tokens_generated);
  metrics.Gauge("llamacpp:requests_processing", "Answers under way.",
                view.texts_running);
  metrics.Gauge("llamacpp:requests_deferred", "Answers that wait.",
                view.texts_waiting);
  metrics.Counter("krait_tokens_reused_total",
                  "Prompt tokens taken from warm states.",
                  tokens.tokens_reused + tokens.tokens_replayed);
  metrics.Counter("krait_answers_total", "Answers, of editors too.",
                  view.statistics.num_answers());
  metrics.Counter("krait_http_requests_total", "HTTP requests read.",
                  view.requests);
  metrics.Counter("krait_http_refused_total",
                  "HTTP requests and connections refused.", view.refused);
  metrics.Gauge("krait_state_bytes", "Memory of warm states.",
                view.host.warm.held_bytes);
  metrics.Gauge("krait_state_budget_bytes", "The most that they may take.",
                view.host.warm.budget_bytes);
  metrics.Gauge("krait_state_device_bytes",
                "Graphics cards' memory of warm states.",
                view.host.warm.device_bytes);
  metrics.Gauge("krait_state_checkpoints", "Warm states held.",
                view.host.warm.checkpoints);
  metrics.Gauge("krait_waiting_completions", "Tasks that wait for the model.",
                view.host.waiting_completions);
  metrics.Gauge("krait_model_ready", "1: there is a model.",
                view.vocabulary == nullptr ? 0 : 1);
  metrics.Gauge("krait_uptime_seconds", "Since the daemon began.",
                view.uptime_seconds);
  metrics.Head("summary", "krait_latency_seconds",
               "Of the last answers, by stage.");
  for (size_t stage = 0; stage < kNumStages; ++stage) {
    metrics.Seconds(kStageNames[stage],
                    view.statistics.LatencyOf(static_cast<Stage>(stage)));
  }
  return metrics.Take();
}

}  // namespace krait::daemon
