// SPDX-License-Identifier: Apache-2.0
// Megabytes of source code per second and core, for each kind of vocabulary.
// Texts are what the system has: Python's library and C headers.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/file/gguf.h"
#include "engine/tokenizer/tokenizer.h"

namespace {

using krait::engine::GgufFile;
using krait::engine::Tokenizer;

constexpr size_t kTextBytes = size_t{2} << 20;

// Returns about 2 MiB of files with this extension, in alphabetical order.
std::string ReadSources(const std::string& folder, const char* extension) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::string text;
  for (const auto& path : paths) {
    if (text.size() >= kTextBytes) break;
    std::ifstream file(path, std::ios::binary);
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  return text;
}

std::unique_ptr<Tokenizer> Load(const std::string& path) {
  if (!path.ends_with(".gguf")) {
    auto tokenizer = Tokenizer::FromFile(path);
    return tokenizer ? std::move(*tokenizer) : nullptr;
  }
  const auto gguf = GgufFile::Open(path);
  if (!gguf) return nullptr;
  auto tokenizer = Tokenizer::FromGguf(**gguf);
  return tokenizer ? std::move(*tokenizer) : nullptr;
}

void BM_Encode(benchmark::State& state, const std::string& tokenizer_path,
               const std::string& text) {
  const auto tokenizer = Load(tokenizer_path);
  if (tokenizer == nullptr || text.empty()) {
    state.SkipWithError("no tokenizer or no text");
    return;
  }
  std::vector<krait::engine::TokenId> ids;
  for (auto _ : state) {
    ids.clear();
    tokenizer->Encode(text, krait::engine::DummyPrefix::kAsTrained, &ids);
    benchmark::DoNotOptimize(ids.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) *
                          state.iterations());
  state.counters["bytes_per_token"] =
      static_cast<double>(text.size()) / static_cast<double>(ids.size());
}

void BM_Load(benchmark::State& state, const std::string& path) {
  for (auto _ : state) benchmark::DoNotOptimize(Load(path));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const std::string data = std::string(KRAIT_TEST_DATA) + "/tokenizers/";
  const std::pair<const char*, std::string> tokenizers[] = {
      {"mistral-v3", data + "mistral-v3/tokenizer.model.v3"},
      {"default-model", KRAIT_DEFAULT_MODEL},
      {"sp4096", data + "sp4096/tokenizer.model"},
      {"neox1024", data + "neox1024/tokenizer.json"},
      {"tekken", data + "tekken/tekken.json"},
  };
  const std::pair<const char*, std::string> texts[] = {
      {"python", ReadSources("/usr/lib/python3.11", ".py")},
      {"c", ReadSources("/usr/include", ".h")},
      {"spaces", std::string(1 << 20, ' ')},
      {"letters", std::string(1 << 20, 'a')},
  };
  for (const auto& [name, path] : tokenizers) {
    for (const auto& [kind, text] : texts) {
      benchmark::RegisterBenchmark((std::string(name) + "/" + kind).c_str(),
                                   BM_Encode, path, text)
          ->Unit(benchmark::kMillisecond);
    }
    benchmark::RegisterBenchmark((std::string(name) + "/load").c_str(), BM_Load,
                                 path)
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
