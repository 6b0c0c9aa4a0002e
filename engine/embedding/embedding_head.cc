// SPDX-License-Identifier: Apache-2.0
#include "engine/embedding/embedding_head.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/embedding/token_table.h"
#include "engine/model/model_file.h"
#include "simd/matmul.h"
#include "simd/norm.h"

namespace krait::engine {
namespace {

constexpr std::string_view kPrefix = "krait.embedding.";
constexpr std::string_view kPooling = "token_weighted_mean";
constexpr float kEpsilon = 1e-5F;  // as the head was trained with
constexpr uint64_t kMostHeadTokens = 8192;

std::string Key(std::string_view name) {
  return std::string(kPrefix).append(name);
}

struct Head {
  size_t dimension = 0;
  size_t max_tokens = 0;
  std::vector<float> token_weights;  // [vocab]
  std::vector<float> weight;         // [dimension, d_model]
};

class HeadReader {
 public:
  HeadReader(const GgufFile& gguf, const Hyperparameters& hparams)
      : gguf_(gguf), hparams_(hparams) {}

  Result<Head> Read() {
    Head head;
    const auto dimension = Size("dimension", TextEncoder::kMostDimension);
    if (!dimension) return dimension.error();
    head.dimension = *dimension;
    const auto tokens = Size("max_tokens", kMostHeadTokens);
    if (!tokens) return tokens.error();
    head.max_tokens = *tokens;
    if (auto status = CheckKind(); !status) return status.error();
    auto token_weights =
        gguf_.RequireFloats(Key("token_weights"), hparams_.vocab);
    if (!token_weights) return token_weights.error();
    head.token_weights = std::move(*token_weights);
    auto weight =
        gguf_.RequireFloats(Key("weight"), head.dimension * hparams_.d_model);
    if (!weight) return weight.error();
    head.weight = std::move(*weight);
    return head;
  }

 private:
  Error Expected(std::string_view key, std::string_view what) const {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: key '{}{}': expected {}", gguf_.name(),
                                 kPrefix, key, what));
  }

  Result<size_t> Size(std::string_view key, uint64_t most) const {
    const auto value = gguf_.RequireUint(Key(key));
    if (!value) return value.error();
    if (*value < 1 || *value > most) {
      return Expected(key, fmt::format("1 to {}, found {}", most, *value));
    }
    return static_cast<size_t>(*value);
  }

  Status CheckKind() const {
    const auto pooling = gguf_.RequireString(Key("pooling"));
    if (!pooling) return pooling.error();
    if (*pooling != kPooling) {
      return MakeError(ErrorCode::kUnsupported,
                       fmt::format("{}: not supported yet: {}pooling \"{}\"",
                                   gguf_.name(), kPrefix, *pooling));
    }
    const auto layers = gguf_.FindArray(Key("layers"));
    if (!layers) return layers.error();
    const GgufArray* const list = *layers;
    const bool first = list != nullptr && list->size() == 1 &&
                       ((!list->ints.empty() && list->ints[0] == 0) ||
                        (!list->uints.empty() && list->uints[0] == 0));
    if (first) return {};
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{}: not supported yet: {}layers other than [0], the token "
                    "embeddings",
                    gguf_.name(), kPrefix));
  }

  const GgufFile& gguf_;
  const Hyperparameters& hparams_;
};

// rows[t] = weight * (token_weight_t * e_t / rms(e_t)): [vocab, dimension].
std::vector<float> MakeRows(const Head& head, const simd::WeightView& e) {
  constexpr size_t kBatch = 256;
  const std::vector<float> ones(e.cols, 1.0F);
  const simd::WeightView weight{head.weight.data(), simd::WeightType::kF32,
                                head.dimension, e.cols};
  AlignedArray<float> x(kBatch * e.cols);
  AlignedArray<std::byte> scratch(
      simd::MatMulScratchBytes(simd::ActivationFormat::kF32));
  std::vector<float> rows(e.rows * head.dimension);
  for (size_t begin = 0; begin < e.rows; begin += kBatch) {
    const size_t tokens = std::min(kBatch, e.rows - begin);
    for (size_t t = 0; t < tokens; ++t) {
      float* const row = x.data() + t * e.cols;
      simd::ExpandRow(e, begin + t, row);
      simd::RmsNorm(row, ones.data(), e.cols, kEpsilon, row);
      const float factor = head.token_weights[begin + t];
      for (size_t c = 0; c < e.cols; ++c) row[c] *= factor;
    }
    const simd::ActivationView packed =
        simd::PackActivations(x.data(), tokens, e.cols, e.cols,
                              simd::ActivationFormat::kF32, nullptr);
    simd::MatMul(weight, 0, head.dimension, packed,
                 rows.data() + begin * head.dimension, head.dimension,
                 scratch.data());
  }
  return rows;
}

}  // namespace

bool HasEmbeddingHead(const GgufFile& gguf) {
  return gguf.Find(Key("dimension")) != nullptr;
}

Result<std::shared_ptr<const TextEncoder>> LoadEmbeddingHead(
    const std::filesystem::path& path, const GgufFile& gguf) {
  const auto file = ModelFile::Open(path);
  if (!file) return file.error();
  const Hyperparameters& hparams = (*file)->hyperparameters();
  const auto head = HeadReader(gguf, hparams).Read();
  if (!head) return head.error();
  auto tokenizer = (*file)->LoadTokenizer();
  if (!tokenizer) return tokenizer.error();
  const std::vector<size_t> shape = {hparams.vocab, hparams.d_model};
  const auto embeddings = (*file)->Require("token_embd.weight", shape);
  if (!embeddings) return embeddings.error();
  const auto type = RunnableType((*embeddings)->type);
  auto rows = std::make_shared<const std::vector<float>>(MakeRows(
      *head, {(*embeddings)->data, *type, hparams.vocab, hparams.d_model}));
  TokenTableSpec spec{.kind = "embedding head",
                      .tokenizer = std::move(*tokenizer),
                      .rows = {rows->data(), simd::WeightType::kF32,
                               hparams.vocab, head->dimension},
                      .owner = rows,
                      .max_tokens = head->max_tokens};
  spec.fingerprint =
      XXH3_64bits(rows->data(), rows->size() * sizeof((*rows)[0]));
  return std::shared_ptr<const TextEncoder>(
      std::make_shared<TokenTable>(std::move(spec)));
}

}  // namespace krait::engine
