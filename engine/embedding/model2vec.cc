// SPDX-License-Identifier: Apache-2.0
#include "engine/embedding/model2vec.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "engine/embedding/token_table.h"
#include "engine/file/safetensors.h"

namespace krait::engine {
namespace {

constexpr size_t kMaxTokens = 512;  // model2vec's own default

Error Wrong(const SafetensorsFile& file, const char* tensor,
            const std::string& expected, const SafetensorsEntry& found) {
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format("{}: tensor '{}': expected {}, found {} {}", file.name(),
                  tensor, expected, found.dtype, ShapeString(found.shape)));
}

// The rows, where they lie.
Result<simd::WeightView> Rows(const SafetensorsFile& file, size_t vocab) {
  const SafetensorsEntry* const entry = file.Find("embeddings");
  if (entry == nullptr) {
    return MakeError(ErrorCode::kBadFile,
                     file.name() + ": expected the tensor 'embeddings'");
  }
  const auto type = entry->type ? RunnableType(*entry->type) : std::nullopt;
  const auto& shape = entry->shape;
  if (!type || shape.size() != 2 || shape[0] < vocab || shape[1] < 1 ||
      shape[1] > TextEncoder::kMostDimension) {
    return Wrong(file, "embeddings",
                 fmt::format("F32, F16 or BF16 [{} or more, up to {}]", vocab,
                             TextEncoder::kMostDimension),
                 *entry);
  }
  if (reinterpret_cast<uintptr_t>(entry->data) % entry->element_bytes != 0) {
    return Wrong(file, "embeddings", "data at a multiple of its element's size",
                 *entry);
  }
  return simd::WeightView{entry->data, *type, shape[0], shape[1]};
}

Result<std::vector<float>> TokenWeights(const SafetensorsFile& file,
                                        size_t vocab) {
  std::vector<float> weights;
  const SafetensorsEntry* const entry = file.Find("weights");
  if (entry == nullptr) return weights;
  const bool wide = entry->dtype == "F64";
  if (entry->shape != std::vector<size_t>{vocab} ||
      (!wide && entry->dtype != "F32")) {
    return Wrong(file, "weights", fmt::format("F32 or F64 [{}]", vocab),
                 *entry);
  }
  for (size_t i = 0; i < vocab; ++i) {
    double value = 0;
    float narrow = 0;
    const std::byte* const at = entry->data + i * entry->element_bytes;
    if (wide) {
      std::copy_n(at, sizeof(value), reinterpret_cast<std::byte*>(&value));
    } else {
      std::copy_n(at, sizeof(narrow), reinterpret_cast<std::byte*>(&narrow));
      value = static_cast<double>(narrow);
    }
    weights.push_back(std::isfinite(value) ? static_cast<float>(value) : 0);
  }
  return weights;
}

}  // namespace

Result<std::shared_ptr<const TextEncoder>> LoadModel2Vec(
    const std::filesystem::path& directory, const JsonFields& config) {
  auto tokenizer = Tokenizer::FromFile(directory / "tokenizer.json");
  if (!tokenizer) return tokenizer.error();
  auto opened = SafetensorsFile::Open(directory / "model.safetensors");
  if (!opened) return opened.error();
  std::shared_ptr<const SafetensorsFile> file = std::move(*opened);
  if (file->Find("mapping") != nullptr) {
    return config.NotYet("tokens that share rows (the tensor 'mapping')");
  }
  const auto rows = Rows(*file, (*tokenizer)->vocab_size());
  if (!rows) return rows.error();
  auto weights = TokenWeights(*file, rows->rows);
  if (!weights) return weights.error();
  const size_t row_bytes = simd::RowBytes(rows->type, rows->cols);
  TokenTableSpec spec{.kind = "token table",
                      .tokenizer = std::move(*tokenizer),
                      .rows = *rows,
                      .owner = file,
                      .token_weights = std::move(*weights),
                      .max_tokens = kMaxTokens};
  spec.fingerprint = XXH3_64bits_withSeed(rows->data, rows->rows * row_bytes,
                                          spec.token_weights.size());
  return std::shared_ptr<const TextEncoder>(
      std::make_shared<TokenTable>(std::move(spec)));
}

}  // namespace krait::engine
