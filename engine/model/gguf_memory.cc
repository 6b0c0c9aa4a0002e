// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/model/gguf_split.h"

namespace krait::engine {
namespace {

constexpr std::string_view kLengths = "krait.memory.lengths";
constexpr std::string_view kBias = "krait.memory.bias";
constexpr std::string_view kFeatures = "krait.memory.features";

constexpr uint64_t kMaxLength = 32;
constexpr size_t kMaxLengths = 32;

Error Expected(const GgufFile& gguf, std::string_view key,
               std::string_view what) {
  return MakeError(ErrorCode::kBadFile, fmt::format("{}: key '{}': expected {}",
                                                    gguf.name(), key, what));
}

// Returns the numbers of an array of integers; empty if it has others.
std::vector<size_t> Integers(const GgufArray& array) {
  std::vector<size_t> integers(array.uints.begin(), array.uints.end());
  for (const int64_t value : array.ints) {
    if (value < 0) return {};
    integers.push_back(static_cast<size_t>(value));
  }
  return integers;
}

}  // namespace

Result<std::optional<MemoryWeights>> ReadMemoryWeights(const GgufFile& gguf) {
  std::optional<MemoryWeights> none;
  const auto array = gguf.FindArray(kLengths);
  if (!array) return array.error();
  if (*array == nullptr) return none;
  MemoryWeights weights;
  weights.lengths = Integers(**array);
  const auto& lengths = weights.lengths;
  const bool ascending = std::ranges::adjacent_find(
                             lengths, std::greater_equal<>()) == lengths.end();
  if (lengths.empty() || lengths.size() > kMaxLengths || !ascending ||
      lengths.back() > kMaxLength) {
    return Expected(gguf, kLengths,
                    fmt::format("ascending integers up to {}", kMaxLength));
  }
  auto bias = gguf.RequireFloats(kBias, lengths.size());
  if (!bias) return bias.error();
  weights.bias = std::move(*bias);
  const auto features = gguf.RequireFloats(kFeatures, kMemoryFeatures);
  if (!features) return features.error();
  std::ranges::copy(*features, weights.features.begin());
  return std::optional(std::move(weights));
}

Result<std::optional<MemoryWeights>> ReadMemoryWeights(
    const std::filesystem::path& model) {
  std::error_code not_there;
  if (std::filesystem::is_directory(model, not_there)) {
    return std::optional<MemoryWeights>();
  }
  const auto gguf = GgufFile::Open(MetadataFile(model));
  if (!gguf) return gguf.error();
  return ReadMemoryWeights(**gguf);
}

}  // namespace krait::engine
