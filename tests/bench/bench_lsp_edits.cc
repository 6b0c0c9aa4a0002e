// SPDX-License-Identifier: Apache-2.0
// What a keystroke costs before any model runs: one didChange with one
// character at a random place of a document, with the snapshot that it leaves
// behind. The argument is the number of lines.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>

#include "lsp/document_store.h"

namespace krait::lsp {
namespace {

std::string Lines(int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    text += "  const auto value_" + std::to_string(i) + " = f(\"é\");\n";
  }
  return text;
}

void Open(DocumentStore& store, std::string text) {
  const auto opened = store.Open({.uri = "u",
                                  .language_id = "cpp",
                                  .version = 0,
                                  .text = std::move(text)});
  if (!opened) std::abort();
}

void TypeOneCharacter(benchmark::State& state) {
  DocumentStore store;
  Open(store, Lines(state.range(0)));
  std::mt19937 random(1);
  int32_t version = 1;
  for (auto _ : state) {
    const auto line =
        static_cast<uint32_t>(random() % static_cast<uint64_t>(state.range(0)));
    const Position at{.line = line, .character = 20};
    const auto change = store.Change(
        {.uri = "u",
         .version = version++,
         .changes = {{.range = Range{.start = at, .end = at}, .text = "x"}}});
    if (!change) std::abort();
    benchmark::DoNotOptimize(change->after);
  }
}
BENCHMARK(TypeOneCharacter)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

// The same in one line of this many characters, as in minified scripts.
void TypeInOneLine(benchmark::State& state) {
  DocumentStore store;
  Open(store, std::string(static_cast<size_t>(state.range(0)), 'x'));
  int32_t version = 1;
  for (auto _ : state) {
    const Position at{.line = 0,
                      .character = static_cast<uint32_t>(state.range(0) / 2)};
    const auto change = store.Change(
        {.uri = "u",
         .version = version++,
         .changes = {{.range = Range{.start = at, .end = at}, .text = "y"}}});
    if (!change) std::abort();
    benchmark::DoNotOptimize(change->after);
  }
}
BENCHMARK(TypeInOneLine)->Arg(100'000)->Arg(10'000'000);

void OpenDocument(benchmark::State& state) {
  const std::string text = Lines(state.range(0));
  for (auto _ : state) {
    DocumentStore store;
    Open(store, text);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(text.size()));
}
BENCHMARK(OpenDocument)->Arg(100'000);

}  // namespace
}  // namespace krait::lsp

BENCHMARK_MAIN();
