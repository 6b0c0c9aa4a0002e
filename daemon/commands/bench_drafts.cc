// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/bench_drafts.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/bench/samples.h"
#include "engine/run/draft_length.h"
#include "engine/run/drafter.h"
#include "engine/run/generation.h"
#include "engine/run/session.h"
#include "simd/targets.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;
using engine::TokenId;

// An edit that is made in one place after another.
constexpr std::string_view kSample = R"(def test_reads_numbers():
    parser = Parser("1 2 3", strict=True)
    result = parser.parse()
    assert result.ok, parser.describe(result)
    assert result.value == [1, 2, 3]


def test_reads_strings():
    parser = Parser("'a' 'b'", strict=True)
    result = parser.parse()
    assert result.ok, parser.describe(result)
    assert result.value == ["a", "b"]


def test_reads_nothing():
    parser = Parser("", strict=True)
    result = parser.parse()
    assert result.ok, parser.describe(result)
    assert result.value == []


def test_reads_one():
    parser = Parser("7", strict=True)
)";

// A generation, and how long it took.
struct Run {
  engine::Generation generation;
  double tokens_per_second = 0;
};

struct Report {
  std::vector<double> alone;    // tokens per second, by repetition
  std::vector<double> drafted;  // the same of the other way
  std::vector<double> ratios;
  double tokens_per_batch = 0;
};

class DraftsBench {
 public:
  DraftsBench(const BenchDraftsArguments& arguments, const LoadedModel& loaded)
      : arguments_(arguments),
        loaded_(loaded),
        prompt_(loaded.model, *loaded.pool),
        fork_(loaded.model, *loaded.pool) {}

  base::Result<Report> Measure() {
    auto text = arguments_.file.empty()
                    ? base::Result<std::string>(std::string(kSample))
                    : ReadText(arguments_.file);
    if (!text) return text.error();
    tokens_ = loaded_.model->tokenizer().Encode(*text);
    if (tokens_.empty()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       arguments_.file.string() + ": is empty");
    }
    if (auto fed = prompt_.Prefill(tokens_); !fed) return fed.error();
    Report report;
    // The first round warms up, and learns what a batch takes.
    for (size_t round = 0; round <= arguments_.repetitions; ++round) {
      const Run alone = Generate(false);
      const Run drafted = Generate(true);
      if (auto same = Compare(alone, drafted); !same) return same.error();
      if (round == 0) continue;
      report.alone.push_back(alone.tokens_per_second);
      report.drafted.push_back(drafted.tokens_per_second);
      report.ratios.push_back(drafted.tokens_per_second /
                              alone.tokens_per_second);
      report.tokens_per_batch =
          static_cast<double>(drafted.generation.tokens.size()) /
          static_cast<double>(drafted.generation.batches);
    }
    return report;
  }

 private:
  Run Generate(bool drafts) {
    fork_.CopyFrom(prompt_);
    engine::Drafter drafter(tokens_);
    engine::GenerateOptions options{.max_tokens = arguments_.tokens,
                                    .ignore_end_of_sequence = true};
    if (drafts) {
      options.drafter = &drafter;
      options.draft_length = &length_;
    }
    const auto begin = std::chrono::steady_clock::now();
    Run run{.generation = engine::Generate(fork_, options)};
    const std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - begin;
    run.tokens_per_second =
        static_cast<double>(run.generation.tokens.size()) / seconds.count();
    return run;
  }

  base::Status Compare(const Run& alone, const Run& drafted) const {
    if (alone.generation.reason == engine::StopReason::kNotFinite) {
      return MakeError(
          ErrorCode::kBadFile,
          loaded_.path.string() + ": the model's logits are not finite");
    }
    if (alone.generation.tokens == drafted.generation.tokens) return {};
    return MakeError(ErrorCode::kInternal,
                     "with drafts the model said something else");
  }

  const BenchDraftsArguments& arguments_;
  const LoadedModel& loaded_;
  std::vector<TokenId> tokens_;
  engine::Session prompt_;
  engine::Session fork_;
  engine::DraftLength length_;
};

base::Status CheckTakesDrafts(const LoadedModel& loaded) {
  if (!loaded.model->has_tokenizer()) {
    return MakeError(ErrorCode::kBadFile,
                     loaded.path.string() + ": has no tokenizer");
  }
  if (loaded.model->TakesDrafts()) return {};
  return MakeError(ErrorCode::kUnsupported,
                   "drafts are for models that the processor runs; try "
                   "--device cpu");
}

void PrintReport(const BenchDraftsArguments& arguments,
                 const LoadedModel& loaded, const Report& report) {
  const Spread alone = SpreadOf(report.alone);
  const Spread drafted = SpreadOf(report.drafted);
  const Spread ratio = SpreadOf(report.ratios);
  if (arguments.json) {
    boost::json::object json;
    json["bench"] = "drafts";
    json["path"] = loaded.path.string();
    json["threads"] = loaded.pool->size();
    json["simd"] = simd::CurrentTarget();
    json["tokens"] = arguments.tokens;
    json["repetitions"] = arguments.repetitions;
    json["tokens_per_second"] = {{"alone", alone.median},
                                 {"drafts", drafted.median}};
    json["ratio"] = {
        {"median", ratio.median}, {"min", ratio.min}, {"max", ratio.max}};
    json["tokens_per_batch"] = report.tokens_per_batch;
    return PrintLine(base::JsonText(json));
  }
  PrintLine(fmt::format("{} tokens of a repetitive edit, {}, {} threads, {}",
                        arguments.tokens, loaded.path.filename().string(),
                        loaded.pool->size(), simd::CurrentTarget()));
  PrintLine(fmt::format(
      "  {:.1f} tokens/s one by one, {:.1f} with drafts: {:.2f} times as fast "
      "[{:.2f}..{:.2f}], n={}",
      alone.median, drafted.median, ratio.median, ratio.min, ratio.max,
      arguments.repetitions));
  PrintLine(fmt::format("  {:.2f} tokens to a batch; both say the same",
                        report.tokens_per_batch));
}

}  // namespace

int RunBenchDrafts(const BenchDraftsArguments& arguments) {
  const auto loaded = LoadModel(arguments.model);
  if (!loaded) return ReportError(loaded.error());
  if (auto checked = CheckTakesDrafts(*loaded); !checked) {
    return ReportError(checked.error());
  }
  const auto report = DraftsBench(arguments, *loaded).Measure();
  if (!report) return ReportError(report.error());
  PrintReport(arguments, *loaded, *report);
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
