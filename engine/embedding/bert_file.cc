// SPDX-License-Identifier: Apache-2.0
#include "engine/embedding/bert_file.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/file/json_file.h"

namespace krait::engine {
namespace {

constexpr uint64_t kMost = 1U << 20;  // of anything that is counted

// Hugging Face's names; what both have of a layer follows "encoder.layer.N.".
constexpr std::array<std::pair<std::string_view, std::string_view>, 4>
    kOutside = {{{"embeddings.word_embeddings", "token_embd"},
                 {"embeddings.position_embeddings", "position_embd"},
                 {"embeddings.token_type_embeddings", "token_types"},
                 {"embeddings.LayerNorm", "token_embd_norm"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kInside =
    {{{"attention.self.query", "attn_q"},
      {"attention.self.key", "attn_k"},
      {"attention.self.value", "attn_v"},
      {"attention.output.dense", "attn_output"},
      {"attention.output.LayerNorm", "attn_output_norm"},
      {"intermediate.dense", "ffn_up"},
      {"output.dense", "ffn_down"},
      {"output.LayerNorm", "layer_output_norm"}}};

// Returns GGUF's name of a tensor; empty: it is none of the encoder's.
std::string GgufName(std::string_view name) {
  for (const std::string_view model : {"bert.", "0.auto_model."}) {
    if (name.starts_with(model)) name.remove_prefix(model.size());
  }
  const size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  const std::string_view part = name.substr(dot);  // ".weight"
  name = name.substr(0, dot);
  for (const auto& [theirs, ours] : kOutside) {
    if (name == theirs) return std::string(ours).append(part);
  }
  constexpr std::string_view kLayer = "encoder.layer.";
  if (!name.starts_with(kLayer)) return {};
  name.remove_prefix(kLayer.size());
  const size_t end = std::min(name.find('.'), name.size());
  const std::string_view number = name.substr(0, end);
  name.remove_prefix(std::min(end + 1, name.size()));
  for (const auto& [theirs, ours] : kInside) {
    if (name == theirs) return fmt::format("blk.{}.{}{}", number, ours, part);
  }
  return {};
}

uint64_t HashOf(uint64_t seed, const Tensor& tensor) {
  return XXH3_64bits_withSeed(tensor.data, tensor.bytes, seed);
}

}  // namespace

Result<std::unique_ptr<BertFile>> BertFile::Open(
    const std::filesystem::path& path) {
  auto file = std::make_unique<BertFile>();
  file->path_ = path;
  std::error_code not_there;
  const bool directory = std::filesystem::is_directory(path, not_there);
  if (auto status = directory ? file->OpenDirectory() : file->OpenGguf();
      !status) {
    return status.error();
  }
  if (auto status = file->CheckShape(); !status) return status.error();
  std::ranges::sort(file->tensors_, {}, &Tensor::name);
  file->fingerprint_ =
      file->shape_.max_tokens * 2 + static_cast<uint64_t>(file->shape_.pooling);
  for (const Tensor& tensor : file->tensors_) {
    file->fingerprint_ = HashOf(file->fingerprint_, tensor);
  }
  return file;
}

Status BertFile::OpenGguf() {
  auto gguf = GgufFile::Open(path_);
  if (!gguf) return gguf.error();
  gguf_ = std::move(*gguf);
  const std::pair<const char*, size_t*> sizes[] = {
      {"bert.block_count", &shape_.layers},
      {"bert.context_length", &shape_.positions},
      {"bert.embedding_length", &shape_.d_model},
      {"bert.feed_forward_length", &shape_.d_ff},
      {"bert.attention.head_count", &shape_.heads}};
  for (const auto& [key, size] : sizes) {
    const auto value = gguf_->RequireUint(key);
    if (!value) return value.error();
    *size = static_cast<size_t>(std::min(*value, kMost));
  }
  const auto epsilon = gguf_->RequireFloat("bert.attention.layer_norm_epsilon");
  if (!epsilon) return epsilon.error();
  shape_.epsilon = static_cast<float>(*epsilon);
  const auto pooling = gguf_->FindUint("bert.pooling_type");
  if (!pooling) return pooling.error();
  if (pooling->value_or(1) != 1 && pooling->value_or(1) != 2) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{}: not supported yet: bert.pooling_type {}",
                                 gguf_->name(), **pooling));
  }
  shape_.pooling =
      pooling->value_or(1) == 2 ? BertPooling::kFirst : BertPooling::kMean;
  shape_.max_tokens = shape_.positions;
  const auto tokens = gguf_->FindArray("tokenizer.ggml.tokens");
  if (!tokens) return tokens.error();
  shape_.vocab = *tokens == nullptr ? 0 : (*tokens)->size();
  tensors_ = gguf_->tensors();
  return {};
}

Status BertFile::OpenDirectory() {
  const auto config =
      JsonFile::Open(path_ / "config.json", JsonDialect::kPython);
  if (!config) return config.error();
  const JsonFields& root = (*config)->root();
  const std::pair<const char*, size_t*> sizes[] = {
      {"vocab_size", &shape_.vocab},
      {"num_hidden_layers", &shape_.layers},
      {"max_position_embeddings", &shape_.positions},
      {"hidden_size", &shape_.d_model},
      {"intermediate_size", &shape_.d_ff},
      {"num_attention_heads", &shape_.heads}};
  for (const auto& [key, size] : sizes) {
    const auto value = root.RequireUint(key);
    if (!value) return value.error();
    *size = static_cast<size_t>(std::min(*value, kMost));
  }
  const auto epsilon = root.RequireFloat("layer_norm_eps");
  if (!epsilon) return epsilon.error();
  shape_.epsilon = static_cast<float>(*epsilon);
  const std::pair<const char*, const char*> only[] = {
      {"hidden_act", "gelu"}, {"position_embedding_type", "absolute"}};
  for (const auto& [key, wanted] : only) {
    const auto value = root.FindString(key);
    if (!value) return value.error();
    if (value->value_or(wanted) != wanted) {
      return root.NotYet(fmt::format("{} '{}'", key, **value));
    }
  }
  if (auto status = ReadPooling(); !status) return status;
  if (auto status = ReadMaxTokens(); !status) return status;
  auto opened = SafetensorsFile::Open(path_ / "model.safetensors");
  if (!opened) return opened.error();
  safetensors_ = std::move(*opened);
  for (const SafetensorsEntry& entry : safetensors_->entries()) {
    std::string name = GgufName(entry.name);
    if (name.empty() || !entry.type) continue;
    tensors_.push_back({.name = std::move(name),
                        .type = *entry.type,
                        .shape = entry.shape,
                        .data = entry.data,
                        .bytes = entry.bytes});
  }
  return {};
}

Status BertFile::ReadPooling() {
  const auto config =
      JsonFile::Open(path_ / "1_Pooling" / "config.json", JsonDialect::kPython);
  if (!config) {
    if (config.error().code == ErrorCode::kNotFound) return {};
    return config.error();
  }
  const JsonFields& root = (*config)->root();
  const auto first = root.FindBool("pooling_mode_cls_token");
  if (!first) return first.error();
  const auto mean = root.FindBool("pooling_mode_mean_tokens");
  if (!mean) return mean.error();
  if (first->value_or(false) == mean->value_or(false)) {
    return root.NotYet("a pooling other than of the mean or of [CLS]");
  }
  if (first->value_or(false)) shape_.pooling = BertPooling::kFirst;
  return {};
}

Status BertFile::ReadMaxTokens() {
  shape_.max_tokens = shape_.positions;
  const auto config =
      JsonFile::Open(path_ / "sentence_bert_config.json", JsonDialect::kPython);
  if (!config) {
    if (config.error().code == ErrorCode::kNotFound) return {};
    return config.error();
  }
  const auto most = (*config)->root().FindUint("max_seq_length");
  if (!most) return most.error();
  if (*most) {
    shape_.max_tokens =
        static_cast<size_t>(std::min<uint64_t>(**most, shape_.positions));
  }
  return {};
}

Status BertFile::CheckShape() const {
  constexpr size_t kMostWide = 16384;
  constexpr size_t kMostLayers = 256;
  constexpr size_t kLeastTokens = 3;
  const BertShape& s = shape_;
  const bool good = s.vocab > 0 && s.layers > 0 && s.layers <= kMostLayers &&
                    s.d_model > 0 && s.d_model <= kMostWide && s.d_ff > 0 &&
                    s.d_ff <= kMostWide && s.heads > 0 &&
                    s.d_model % s.heads == 0 && s.max_tokens >= kLeastTokens &&
                    s.epsilon >= 0 && s.epsilon < 1;
  if (good) return {};
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format("{}: its sizes do not fit each other: vocabulary {}, "
                  "positions {}, layers {}, width {}, heads {}, inner width {}",
                  path_.string(), s.vocab, s.positions, s.layers, s.d_model,
                  s.heads, s.d_ff));
}

Result<const Tensor*> BertFile::Require(const std::string& name,
                                        std::span<const size_t> shape) const {
  const auto at = std::ranges::lower_bound(tensors_, name, {}, &Tensor::name);
  if (at == tensors_.end() || at->name != name) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: expected the tensor '{}'", path_.string(), name));
  }
  if (!std::ranges::equal(at->shape, shape)) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: tensor '{}': expected {}, found {}", path_.string(),
                    name, ShapeString(shape), ShapeString(at->shape)));
  }
  const auto type = RunnableType(at->type);
  if (!type) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{}: not supported yet: {} in tensor '{}'", path_.string(),
                    TensorTypeName(at->type), name));
  }
  const bool plain = simd::FormatOf(*type).block_elements == 1;
  const size_t element = plain ? simd::FormatOf(*type).block_bytes : 1;
  if (reinterpret_cast<uintptr_t>(at->data) % element != 0) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{}: not supported yet: tensor '{}' does not "
                                 "lie at a multiple of its element's size",
                                 path_.string(), name));
  }
  return &*at;
}

Result<simd::WeightView> BertFile::Matrix(const std::string& name, size_t rows,
                                          size_t cols) const {
  const std::array<size_t, 2> shape = {rows, cols};
  const auto tensor = Require(name, shape);
  if (!tensor) return tensor.error();
  return simd::WeightView{(*tensor)->data, *RunnableType((*tensor)->type), rows,
                          cols};
}

Result<std::vector<float>> BertFile::Floats(
    const std::string& name, std::span<const size_t> shape) const {
  const auto tensor = Require(name, shape);
  if (!tensor) return tensor.error();
  const size_t cols = shape.back();
  const size_t rows = *CountElements(shape) / cols;
  const simd::WeightView view{(*tensor)->data, *RunnableType((*tensor)->type),
                              rows, cols};
  std::vector<float> values(rows * cols);
  for (size_t row = 0; row < rows; ++row) {
    simd::ExpandRow(view, row, values.data() + row * cols);
  }
  return values;
}

Result<std::unique_ptr<Tokenizer>> BertFile::LoadTokenizer() const {
  auto tokenizer = gguf_ != nullptr
                       ? Tokenizer::FromGguf(*gguf_)
                       : Tokenizer::FromFile(path_ / "tokenizer.json");
  if (!tokenizer) return tokenizer;
  const SpecialTokens& special = (*tokenizer)->special();
  if ((*tokenizer)->vocab_size() > shape_.vocab || !special.bos ||
      !special.eos) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: its tokenizer has {} tokens, expected at most {}, and "
                    "among them [CLS] and [SEP]",
                    path_.string(), (*tokenizer)->vocab_size(), shape_.vocab));
  }
  return tokenizer;
}

}  // namespace krait::engine
