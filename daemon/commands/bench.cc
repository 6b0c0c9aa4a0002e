// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/bench.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/json_text.h"
#include "daemon/terminal.h"
#include "daemon/tools/bench/bandwidth.h"
#include "daemon/tools/bench/card_peaks.h"
#include "daemon/tools/bench/int8_peak.h"
#include "daemon/tools/bench/samples.h"
#include "engine/layers/work_times.h"
#include "engine/run/generation.h"
#include "engine/run/session.h"
#include "simd/targets.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;
using engine::TokenId;

std::vector<TokenId> SomeTokens(size_t count, size_t vocab) {
  std::vector<TokenId> tokens(count);
  for (size_t i = 0; i < count; ++i) {
    tokens[i] = static_cast<TokenId>((i * 7919 + 13) % vocab);
  }
  return tokens;
}

// Parts of the time, which are 1 together with a rest. Of what a graphics card
// does nothing is known.
struct WorkShares {
  double Of(engine::Work work) const {
    return std::chrono::duration<double>(times.of(work)) / all;
  }

  engine::WorkTimes times;
  std::chrono::duration<double> all{};
};

struct Measurement {
  std::vector<double> tokens_per_second;  // one for each repetition
  // The same by the time that the threads ran: what one core does in a second,
  // whatever else the machine does. With several threads in it is also what
  // they wait for each other.
  std::vector<double> tokens_per_core_second;
  size_t state_bytes = 0;     // of one sequence
  size_t resident_bytes = 0;  // of the process, the most, weights included
  WorkShares shares;
};

// The most memory that this process had at some time: what lay in memory of the
// mapped weights, too.
size_t MostResidentBytes() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

// The time for which the threads of this process have run.
std::chrono::duration<double> ProcessorTime() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

base::Error NotFinite(const LoadedModel& loaded) {
  return MakeError(ErrorCode::kBadFile,
                   loaded.path.string() + ": the logits are not finite");
}

// Sequences that are decoded in one batch.
class Sequences {
 public:
  Sequences(const LoadedModel& loaded, size_t count)
      : loaded_(loaded), executor_(loaded.model->NewExecutor(*loaded.pool)) {
    for (size_t i = 0; i < count; ++i) {
      sessions_.push_back(
          std::make_unique<engine::Session>(loaded.model, executor_));
    }
  }

  base::Status Prefill(std::span<const TokenId> prompt) {
    for (const auto& session : sessions_) {
      session->Reset();
      if (auto fed = session->Prefill(prompt); !fed) return fed;
    }
    return {};
  }

  // Chooses and feeds the greedy choice, whatever it is, as a generation would.
  base::Status Decode(size_t tokens) {
    // The last choice of a generation is not fed: one more, so that each of
    // the tokens that are counted goes through the model.
    const engine::GenerateOptions options{.max_tokens = tokens + 1,
                                          .ignore_end_of_sequence = true};
    std::vector<engine::TokenPicker> pickers(
        sessions_.size(), engine::TokenPicker(*loaded_.model, options));
    std::vector<engine::DecodeFeed> batch(sessions_.size());
    while (true) {
      std::optional<engine::StopReason> reason;
      for (size_t i = 0; i < pickers.size(); ++i) {
        reason = pickers[i].Pick(sessions_[i]->next());
        if (reason == engine::StopReason::kNotFinite) return NotFinite(loaded_);
        batch[i] = pickers[i].NextFeed(
            *sessions_[i], pickers[i].generation().tokens.back(), false);
      }
      if (reason) return {};  // all end together
      engine::DecodeBatch(batch);
    }
  }

  // See Executor.
  void CountTimes(engine::WorkTimes* times) { executor_->CountTimes(times); }

  size_t state_bytes() const { return sessions_.front()->state().bytes(); }

 private:
  const LoadedModel& loaded_;
  std::shared_ptr<engine::Executor> executor_;
  std::vector<std::unique_ptr<engine::Session>> sessions_;
};

base::Result<Measurement> Measure(const BenchArguments& arguments,
                                  const LoadedModel& loaded, size_t tokens) {
  constexpr size_t kPromptTokens = 16;  // before decoding begins
  const size_t vocab = loaded.model->hyperparameters().vocab;
  const bool decode = arguments.kind == BenchKind::kDecode;
  const auto prompt = SomeTokens(decode ? kPromptTokens : tokens, vocab);
  Sequences sequences(loaded, arguments.sequences);
  Measurement measurement;
  Progress progress("measuring", arguments.repetitions + 1);
  // The first round warms up caches and the page cache and is not counted.
  for (size_t round = 0; round <= arguments.repetitions; ++round) {
    if (decode) {
      if (auto fed = sequences.Prefill(prompt); !fed) return fed.error();
    }
    if (round > 0) sequences.CountTimes(&measurement.shares.times);
    const auto begin = std::chrono::steady_clock::now();
    const auto processor_begin = ProcessorTime();
    auto done = decode ? sequences.Decode(tokens) : sequences.Prefill(prompt);
    if (!done) return done.error();
    const std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - begin;
    const std::chrono::duration<double> processor_seconds =
        ProcessorTime() - processor_begin;
    sequences.CountTimes(nullptr);
    if (round > 0) {
      measurement.shares.all += seconds;
      const auto all = static_cast<double>(tokens * arguments.sequences);
      measurement.tokens_per_second.push_back(all / seconds.count());
      measurement.tokens_per_core_second.push_back(all /
                                                   processor_seconds.count());
    }
    progress.Update(round + 1);
  }
  measurement.state_bytes = sequences.state_bytes();
  measurement.resident_bytes = MostResidentBytes();
  return measurement;
}

struct SpeedReport {
  std::string model;
  const LoadedModel& loaded;
  size_t tokens;
  size_t sequences;
  Spread speed;         // of all sequences together
  Spread core_speed;    // for each second of a core's time
  size_t weight_bytes;  // read per decoded token of all sequences
  size_t state_bytes;   // read and written per decoded token of one
  size_t resident_bytes;
  double gigabytes_per_second;
  Bandwidth bandwidth;
  double int8_peak = 0;  // of a prefill: operations per second
  WorkShares shares;
  std::optional<CardPeaks> card = {};  // if one alone runs it

  // Whether the threads run it, so that what they can do says something, or a
  // card of which that is known.
  bool on_processor() const { return loaded.card.empty(); }
  bool has_peaks() const { return on_processor() || card; }
  // What a prefill reaches of it.
  double operations_per_second() const {
    return 2 * static_cast<double>(loaded.model->ProductsPerToken()) *
           speed.median;
  }
};

base::Result<SpeedReport> MakeReport(const BenchArguments& arguments,
                                     const LoadedModel& loaded, size_t tokens,
                                     const Measurement& measurement) {
  const auto& hparams = loaded.model->hyperparameters();
  const bool recurrent = hparams.IsRecurrent();
  SpeedReport report{.model = arguments.weights.shape.empty()
                                  ? hparams.name
                                  : fmt::format("{} {} (random weights)",
                                                arguments.weights.shape,
                                                arguments.weights.type),
                     .loaded = loaded,
                     .tokens = tokens,
                     .sequences = arguments.sequences,
                     .speed = SpreadOf(measurement.tokens_per_second),
                     .core_speed = SpreadOf(measurement.tokens_per_core_second),
                     .weight_bytes = loaded.model->DecodeBytes(),
                     .state_bytes = recurrent ? 2 * measurement.state_bytes : 0,
                     .resident_bytes = measurement.resident_bytes,
                     .gigabytes_per_second = 0,
                     .bandwidth = {},
                     .shares = measurement.shares};
  if (report.on_processor()) {
    report.bandwidth = MeasureBandwidth(*loaded.pool);
  } else {
    const auto card = MeasureCard(loaded.card);
    if (!card) return card.error();
    report.card = *card;
    if (*card) {
      report.bandwidth.bytes_per_second = (*card)->peaks.bytes_per_second;
    }
  }
  if (arguments.kind == BenchKind::kDecode) {
    const size_t step_bytes =
        report.weight_bytes + report.sequences * report.state_bytes;
    report.gigabytes_per_second = static_cast<double>(step_bytes) *
                                  report.speed.median /
                                  static_cast<double>(report.sequences) / 1e9;
  } else if (report.on_processor()) {
    report.int8_peak = MeasureInt8Peak(*loaded.pool);
  }
  return report;
}

void PrintJson(const BenchArguments& arguments, const SpeedReport& report) {
  const bool decode = arguments.kind == BenchKind::kDecode;
  boost::json::object json;
  json["bench"] = decode ? "decode" : "prefill";
  json["model"] = report.model;
  json["path"] = report.loaded.path.string();
  json["threads"] = report.loaded.pool->size();
  json["simd"] = simd::CurrentTarget();
  json["device"] =
      report.on_processor() ? std::string("cpu") : report.loaded.card;
  json["tokens"] = report.tokens;
  json["repetitions"] = arguments.repetitions;
  json["tokens_per_second"] = {{"median", report.speed.median},
                               {"min", report.speed.min},
                               {"max", report.speed.max}};
  json["tokens_per_core_second"] = {{"median", report.core_speed.median},
                                    {"min", report.core_speed.min},
                                    {"max", report.core_speed.max}};
  json["resident_bytes"] = report.resident_bytes;
  if (report.on_processor()) {
    json["shares_of_time"] = {
        {"products", report.shares.Of(engine::Work::kProducts)},
        {"attention", report.shares.Of(engine::Work::kAttention)},
        {"recurrence", report.shares.Of(engine::Work::kRecurrence)}};
  }
  if (report.has_peaks()) {
    json["memory_gb_per_second"] = report.bandwidth.bytes_per_second / 1e9;
  }
  if (decode) {
    json["sequences"] = report.sequences;
    json["weight_bytes_per_token"] = report.weight_bytes;
    json["state_bytes_per_token"] = report.state_bytes;
    json["gb_per_second"] = report.gigabytes_per_second;
    if (!report.has_peaks()) return PrintLine(base::JsonText(json));
    json["fraction_of_memory_bandwidth"] =
        report.gigabytes_per_second * 1e9 / report.bandwidth.bytes_per_second;
  } else {
    json["parameters"] = report.loaded.model->Parameters();
    json["gflop_per_second"] = report.operations_per_second() / 1e9;
    if (!report.has_peaks()) return PrintLine(base::JsonText(json));
    if (!report.on_processor()) {
      const double peak = report.card->peaks.operations_per_second;
      json["peak_gop_per_second"] = peak / 1e9;
      json["peak_kind"] = report.card->kind;
      json["fraction_of_peak"] = report.operations_per_second() / peak;
      return PrintLine(base::JsonText(json));
    }
    json["int8_peak_gop_per_second"] = report.int8_peak / 1e9;
    json["fraction_of_int8_peak"] =
        report.operations_per_second() / report.int8_peak;
  }
  PrintLine(base::JsonText(json));
}

void PrintPrefill(const SpeedReport& report) {
  if (!report.has_peaks()) {
    PrintLine(fmt::format("  {:.0f} GFLOP/s in the layers",
                          report.operations_per_second() / 1e9));
    return;
  }
  if (!report.on_processor()) {
    const double peak = report.card->peaks.operations_per_second;
    PrintLine(fmt::format(
        "  {:.0f} GFLOP/s in the layers, {:.0f} % of the {:.0f} that this card "
        "does in {}",
        report.operations_per_second() / 1e9,
        100 * report.operations_per_second() / peak, peak / 1e9,
        report.card->kind));
    return;
  }
  PrintLine(fmt::format(
      "  {:.0f} GFLOP/s in the layers, {:.0f} % of the {:.0f} that these "
      "threads do on int8 in registers",
      report.operations_per_second() / 1e9,
      100 * report.operations_per_second() / report.int8_peak,
      report.int8_peak / 1e9));
}

void PrintDecode(const SpeedReport& report) {
  if (report.sequences > 1) {
    PrintLine(fmt::format(
        "  {} sequences at once, {:.1f} tokens/s each", report.sequences,
        report.speed.median / static_cast<double>(report.sequences)));
  }
  PrintLine(fmt::format(
      "  {:.2f} MB of weights and {:.2f} MB of state read and written per "
      "token{}",
      static_cast<double>(report.weight_bytes) / 1e6,
      static_cast<double>(report.state_bytes) / 1e6,
      report.sequences > 1 ? ", the weights once for all sequences" : ""));
  if (!report.has_peaks()) {
    PrintLine(fmt::format("  {:.1f} GB/s", report.gigabytes_per_second));
    return;
  }
  PrintLine(fmt::format(
      "  {:.1f} GB/s, {:.0f} % of this {}'s {:.1f} GB/s (measured{})",
      report.gigabytes_per_second,
      100e9 * report.gigabytes_per_second / report.bandwidth.bytes_per_second,
      report.on_processor() ? "machine" : "card",
      report.bandwidth.bytes_per_second / 1e9,
      report.on_processor()
          ? fmt::format(" over {} MiB", report.bandwidth.buffer_bytes >> 20U)
          : ""));
}

void PrintText(const BenchArguments& arguments, const SpeedReport& report) {
  const bool decode = arguments.kind == BenchKind::kDecode;
  const std::string where =
      report.on_processor()
          ? fmt::format("{} threads, {}", report.loaded.pool->size(),
                        simd::CurrentTarget())
          : report.loaded.card;
  PrintLine(fmt::format("{} of {} tokens, {}, {}",
                        decode ? "decode" : "prefill", report.tokens,
                        report.model, where));
  PrintLine(fmt::format(
      "  {:.1f} tokens/s [{:.1f}..{:.1f}], n={}; {:.1f} for each second of a "
      "core's time",
      report.speed.median, report.speed.min, report.speed.max,
      arguments.repetitions, report.core_speed.median));
  PrintLine(fmt::format("  {:.2f} GiB of memory at the most, with the weights",
                        static_cast<double>(report.resident_bytes) / 0x1p30));
  if (report.on_processor()) {
    PrintLine(
        fmt::format("  {:.0f} % of the time in products with weights, "
                    "{:.0f} % in attention, {:.0f} % in recurrences",
                    100 * report.shares.Of(engine::Work::kProducts),
                    100 * report.shares.Of(engine::Work::kAttention),
                    100 * report.shares.Of(engine::Work::kRecurrence)));
  }
  if (decode) {
    PrintDecode(report);
  } else {
    PrintPrefill(report);
  }
}

}  // namespace

int RunBench(const BenchArguments& arguments) {
  ModelOptions options = arguments.model;
  const auto weights = RandomWeights::Make(arguments.weights, &options);
  if (!weights) return ReportError(weights.error());
  // What is measured is what was asked for.
  options.gpu.required = true;
  const auto loaded = LoadModel(options);
  if (!loaded) return ReportError(loaded.error());
  const size_t tokens =
      arguments.tokens != 0
          ? arguments.tokens
          : (arguments.kind == BenchKind::kDecode ? size_t{64} : size_t{512});
  const auto measured = Measure(arguments, *loaded, tokens);
  if (!measured) return ReportError(measured.error());
  const auto report = MakeReport(arguments, *loaded, tokens, *measured);
  if (!report) return ReportError(report.error());
  if (arguments.json) {
    PrintJson(arguments, *report);
  } else {
    PrintText(arguments, *report);
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
