// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/bench_drafts.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/host/local/repository_memory.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/bench/samples.h"
#include "engine/memory/text_collection.h"
#include "engine/memory/token_forms.h"
#include "engine/run/draft_length.h"
#include "engine/run/drafter.h"
#include "engine/run/generation.h"
#include "engine/run/session.h"
#include "grammars/language.h"
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

// Places of a file, and the bytes before one that the model reads.
constexpr size_t kPlaces = 8;
constexpr size_t kBytesBefore = 2048;

// What drafts are guessed from.
enum Way : size_t { kAlone, kSaid, kRepository, kWays };

// What was generated in a way, at all places.
struct Sum {
  size_t tokens = 0;
  size_t batches = 0;
  std::chrono::duration<double> time{};

  double tokens_per_second() const {
    return static_cast<double>(tokens) / time.count();
  }
};
using Round = std::array<Sum, kWays>;

// The beginnings of a text up to places of it, from where the model reads
// them.
std::vector<std::string> TextsBefore(const std::string& text) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < kPlaces; ++i) {
    // The end of a line.
    const size_t end = text.find('\n', text.size() * i / kPlaces) + 1;
    if (end == 0) break;
    size_t begin = 0;
    if (end > kBytesBefore) {
      begin = text.find('\n', end - kBytesBefore) + 1;
    }
    if (begin < end) texts.push_back(text.substr(begin, end - begin));
  }
  return texts;
}

// Returns the texts of the repository but for the file.
base::Result<engine::RememberedCollection> TextsBeside(
    const BenchDraftsArguments& arguments, const engine::TokenForms& forms) {
  std::error_code error;
  const auto root = std::filesystem::canonical(arguments.repository, error);
  const auto file = std::filesystem::canonical(arguments.file, error);
  const std::string path = file.lexically_relative(root).string();
  const grammars::Language* const language = grammars::LanguageOfPath(path);
  if (path.starts_with("..") || language == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: is no source file in {}",
                                 arguments.file.string(), root.string()));
  }
  RepositoryMemory memory(forms, engine::TextCollection::Tokens::kOfTexts);
  auto texts = memory.CollectionOf({.root = root.string(),
                                    .language = std::string(language->name),
                                    .open = {path},
                                    .wait = true});
  if (texts.texts != nullptr) return texts;
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("{}: has no files like {}", root.string(),
                               arguments.file.string()));
}

class DraftsBench {
 public:
  DraftsBench(const BenchDraftsArguments& arguments, const LoadedModel& loaded)
      : arguments_(arguments),
        loaded_(loaded),
        fork_(loaded.model, *loaded.pool) {}

  // Returns the rounds.
  base::Result<std::vector<Round>> Measure() {
    auto text = arguments_.file.empty()
                    ? base::Result<std::string>(std::string(kSample))
                    : ReadText(arguments_.file);
    if (!text) return text.error();
    std::vector<std::string> texts = {*text};
    if (!arguments_.repository.empty()) {
      const engine::TokenForms forms(loaded_.model->tokenizer());
      auto beside = TextsBeside(arguments_, forms);
      if (!beside) return beside.error();
      collection_ = std::move(*beside);
      texts = TextsBefore(*text);
    }
    if (text->empty() || texts.empty()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       arguments_.file.string() + ": is empty");
    }
    // The first one warms up, and learns what a batch takes.
    std::vector<Round> rounds(arguments_.repetitions + 1);
    for (const std::string& before : texts) {
      if (auto done = MeasureAt(before, &rounds); !done) return done.error();
    }
    rounds.erase(rounds.begin());
    return rounds;
  }

 private:
  base::Status MeasureAt(const std::string& before,
                         std::vector<Round>* rounds) {
    const auto tokens = loaded_.model->tokenizer().Encode(before);
    engine::Session prompt(loaded_.model, *loaded_.pool);
    if (auto fed = prompt.Prefill(tokens); !fed) return fed.error();
    for (Round& round : *rounds) {
      const engine::Generation alone = Generate(prompt, kAlone, {}, &round);
      const engine::Generation said =
          Generate(prompt, kSaid, engine::Drafter(tokens), &round);
      if (auto same = Compare(alone, said); !same) return same.error();
      if (collection_.texts == nullptr) continue;
      const engine::Generation repository = Generate(
          prompt, kRepository, engine::Drafter(tokens, collection_), &round);
      if (auto same = Compare(alone, repository); !same) return same.error();
    }
    return {};
  }

  engine::Generation Generate(const engine::Session& prompt, Way way,
                              engine::Drafter drafter, Round* round) {
    fork_.CopyFrom(prompt);
    engine::GenerateOptions options{.max_tokens = arguments_.tokens,
                                    .ignore_end_of_sequence = true};
    if (way != kAlone) {
      options.drafter = &drafter;
      options.draft_length = &lengths_[way];
    }
    const auto begin = std::chrono::steady_clock::now();
    engine::Generation generation = engine::Generate(fork_, options);
    Sum& sum = (*round)[way];
    sum.time += std::chrono::steady_clock::now() - begin;
    sum.tokens += generation.tokens.size();
    sum.batches += generation.batches;
    return generation;
  }

  base::Status Compare(const engine::Generation& alone,
                       const engine::Generation& drafted) const {
    if (alone.reason == engine::StopReason::kNotFinite) {
      return MakeError(
          ErrorCode::kBadFile,
          loaded_.path.string() + ": the model's logits are not finite");
    }
    if (alone.tokens == drafted.tokens) return {};
    return MakeError(ErrorCode::kInternal,
                     "with drafts the model said something else");
  }

  const BenchDraftsArguments& arguments_;
  const LoadedModel& loaded_;
  engine::RememberedCollection collection_;
  engine::Session fork_;
  std::array<engine::DraftLength, kWays> lengths_;
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

// What the rounds say of a way, beside one by one.
struct Gain {
  Spread tokens_per_second;
  Spread ratio;
  double tokens_per_batch = 0;
};

Gain GainOf(const std::vector<Round>& rounds, Way way) {
  std::vector<double> speeds;
  std::vector<double> ratios;
  for (const Round& round : rounds) {
    speeds.push_back(round[way].tokens_per_second());
    ratios.push_back(speeds.back() / round[kAlone].tokens_per_second());
  }
  const Sum& last = rounds.back()[way];
  return {.tokens_per_second = SpreadOf(std::move(speeds)),
          .ratio = SpreadOf(std::move(ratios)),
          .tokens_per_batch = static_cast<double>(last.tokens) /
                              static_cast<double>(last.batches)};
}

boost::json::object JsonOf(const Spread& ratio) {
  return {{"median", ratio.median}, {"min", ratio.min}, {"max", ratio.max}};
}

void PrintJson(const BenchDraftsArguments& arguments, const LoadedModel& loaded,
               const std::vector<Round>& rounds) {
  const Gain said = GainOf(rounds, kSaid);
  boost::json::object json;
  json["bench"] = "drafts";
  json["path"] = loaded.path.string();
  json["threads"] = loaded.pool->size();
  json["simd"] = simd::CurrentTarget();
  json["tokens"] = arguments.tokens;
  json["repetitions"] = arguments.repetitions;
  boost::json::object speeds;
  speeds["alone"] = GainOf(rounds, kAlone).tokens_per_second.median;
  speeds["drafts"] = said.tokens_per_second.median;
  json["ratio"] = JsonOf(said.ratio);
  json["tokens_per_batch"] = said.tokens_per_batch;
  if (!arguments.repository.empty()) {
    const Gain gain = GainOf(rounds, kRepository);
    speeds["repository"] = gain.tokens_per_second.median;
    json["repository"] = {{"ratio", JsonOf(gain.ratio)},
                          {"tokens_per_batch", gain.tokens_per_batch}};
  }
  json["tokens_per_second"] = std::move(speeds);
  PrintLine(base::JsonText(json));
}

void PrintGain(std::string_view name, const Gain& gain) {
  PrintLine(
      fmt::format("  {:.1f} {}: {:.2f} times as fast [{:.2f}..{:.2f}], "
                  "{:.2f} tokens to a batch",
                  gain.tokens_per_second.median, name, gain.ratio.median,
                  gain.ratio.min, gain.ratio.max, gain.tokens_per_batch));
}

void PrintReport(const BenchDraftsArguments& arguments,
                 const LoadedModel& loaded, const std::vector<Round>& rounds) {
  if (arguments.json) return PrintJson(arguments, loaded, rounds);
  const bool repository = !arguments.repository.empty();
  std::string where = "of a repetitive edit";
  if (!arguments.file.empty()) where = "behind " + arguments.file.string();
  if (repository) {
    where = "at each of some places of " + arguments.file.string();
  }
  PrintLine(fmt::format("{} tokens {}, {}, {} threads, {}", arguments.tokens,
                        where, loaded.path.filename().string(),
                        loaded.pool->size(), simd::CurrentTarget()));
  PrintLine(fmt::format("  {:.1f} tokens/s one by one, n={}",
                        GainOf(rounds, kAlone).tokens_per_second.median,
                        arguments.repetitions));
  PrintGain("with drafts", GainOf(rounds, kSaid));
  if (repository) {
    PrintGain("with drafts from the repository, too",
              GainOf(rounds, kRepository));
  }
  PrintLine("  all say the same");
}

}  // namespace

int RunBenchDrafts(const BenchDraftsArguments& arguments) {
  const auto loaded = LoadModel(arguments.model);
  if (!loaded) return ReportError(loaded.error());
  if (auto checked = CheckTakesDrafts(*loaded); !checked) {
    return ReportError(checked.error());
  }
  const auto rounds = DraftsBench(arguments, *loaded).Measure();
  if (!rounds) return ReportError(rounds.error());
  PrintReport(arguments, *loaded, *rounds);
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
