// SPDX-License-Identifier: Apache-2.0
// What a memory of a file costs: for each token, and for each keystroke.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/file/gguf.h"
#include "engine/memory/text_memory.h"
#include "engine/model/gguf_memory.h"

namespace krait::engine {
namespace {

// This repository's own code, one file behind the other.
const std::string& Sources() {
  static const std::string sources = [] {
    std::vector<std::filesystem::path> files;
    for (const char* folder : {"/daemon/session", "/engine/run", "/lsp"}) {
      for (const auto& entry : std::filesystem::directory_iterator(
               std::string(KRAIT_SOURCE) + folder)) {
        if (entry.path().extension() == ".cc") files.push_back(entry.path());
      }
    }
    std::ranges::sort(files);
    std::stringstream text;
    for (const auto& file : files) text << std::ifstream(file).rdbuf();
    return text.str();
  }();
  return sources;
}

// The default model's tokenizer and weights, and code of so many lines.
struct Fixture {
  explicit Fixture(size_t lines)
      : gguf(*GgufFile::Open(KRAIT_DEFAULT_MODEL)),
        tokenizer(*Tokenizer::FromGguf(*gguf)),
        forms(*tokenizer),
        weights(**ReadMemoryWeights(*gguf)),
        logits(tokenizer->vocab_size()) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 3);
    for (float& logit : logits) logit = normal(random);
    while (text.size() < lines * 30) text += Sources();
    size_t end = 0;
    for (size_t i = 0; i < lines; ++i) end = text.find('\n', end) + 1;
    text.resize(end);
    tokens = std::make_shared<const TextTokens>(text, forms, nullptr);
  }

  std::unique_ptr<TextMemory> Memory() const {
    const auto begun = tokenizer->Encode("  if (docu", DummyPrefix::kNone);
    return std::make_unique<TextMemory>(forms, weights, tokens,
                                        tokens->lines() / 2, begun,
                                        std::vector<TextTokensPtr>());
  }

  std::unique_ptr<GgufFile> gguf;
  std::unique_ptr<Tokenizer> tokenizer;
  TokenForms forms;
  MemoryWeights weights;
  std::vector<float> logits;
  std::string text;
  TextTokensPtr tokens;
};

void Token(benchmark::State& state) {
  const Fixture fixture(static_cast<size_t>(state.range(0)));
  const auto memory = fixture.Memory();
  const auto line = fixture.tokenizer->Encode(
      "  if (value_1 < limit_2) return Compute3(", DummyPrefix::kNone);
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(memory->Mix(fixture.logits, "").data());
    memory->Accept(line[at++ % line.size()]);
  }
  state.counters["tokens"] =
      static_cast<double>(fixture.tokens->tokens().size());
}
BENCHMARK(Token)->Arg(100)->Arg(1000)->Arg(8000)->Unit(benchmark::kMicrosecond);

void BegunWord(benchmark::State& state) {
  const Fixture fixture(static_cast<size_t>(state.range(0)));
  const auto memory = fixture.Memory();
  for (auto _ : state) {
    benchmark::DoNotOptimize(memory->Mix(fixture.logits, "doc").data());
  }
}
BENCHMARK(BegunWord)->Arg(100)->Arg(1000)->Arg(8000)->Unit(
    benchmark::kMicrosecond);

// The headers of this machine beside a file of 1,000 lines: millions of tokens.
TextCollectionPtr Headers(const TokenForms& forms, size_t most_tokens) {
  TextCollection::Builder builder(forms, most_tokens);
  std::error_code none;
  for (auto at = std::filesystem::recursive_directory_iterator(
           "/usr/include",
           std::filesystem::directory_options::skip_permission_denied, none);
       at != std::filesystem::recursive_directory_iterator();
       at.increment(none)) {
    if (!at->is_regular_file(none)) continue;
    std::stringstream text;
    text << std::ifstream(at->path()).rdbuf();
    if (!builder.Add(at->path().string(), text.str())) break;
  }
  return builder.Build();
}

void WithCollection(benchmark::State& state, const std::string& typed) {
  const Fixture fixture(1000);
  const auto collection =
      Headers(fixture.forms, static_cast<size_t>(state.range(0)) << 20U);
  const auto begun =
      fixture.tokenizer->Encode("  if (docu", DummyPrefix::kNone);
  TextMemory memory(fixture.forms, fixture.weights, fixture.tokens,
                    fixture.tokens->lines() / 2, begun, {},
                    {.texts = collection});
  const auto line = fixture.tokenizer->Encode(
      "  if (value_1 < limit_2) return Compute3(\n", DummyPrefix::kNone);
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(memory.Mix(fixture.logits, typed).data());
    memory.Accept(line[at++ % line.size()]);
  }
  state.counters["tokens"] = static_cast<double>(collection->tokens().size());
}
void CollectionToken(benchmark::State& state) {
  WithCollection(state, "");
}
BENCHMARK(CollectionToken)->Arg(1)->Arg(6)->Unit(benchmark::kMicrosecond);
void CollectionBegunWord(benchmark::State& state) {
  WithCollection(state, "s");
}
BENCHMARK(CollectionBegunWord)->Arg(1)->Arg(6)->Unit(benchmark::kMicrosecond);

// What reading so many million tokens takes, in the background.
void CollectionBuild(benchmark::State& state) {
  const Fixture fixture(100);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        Headers(fixture.forms, static_cast<size_t>(state.range(0)) << 20U));
  }
}
BENCHMARK(CollectionBuild)->Arg(1)->Arg(6)->Unit(benchmark::kMillisecond);

// A character is typed in the middle.
void Keystroke(benchmark::State& state) {
  Fixture fixture(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    fixture.text.insert(fixture.text.size() / 2, 1, 'x');
    fixture.tokens = std::make_shared<const TextTokens>(
        fixture.text, fixture.forms, fixture.tokens.get());
    benchmark::DoNotOptimize(fixture.Memory());
  }
}
BENCHMARK(Keystroke)->Arg(100)->Arg(1000)->Arg(8000)->Unit(
    benchmark::kMicrosecond);

}  // namespace
}  // namespace krait::engine

BENCHMARK_MAIN();
