// SPDX-License-Identifier: Apache-2.0
//
// Several texts are one batch of tokens: products of matrices take all of them
// at once, attention takes each text by itself. So nothing is padded. Matrices
// are rounded to int8 (Q8_0) as they are loaded, where their rows are whole
// blocks: all-MiniLM-L6-v2 so reads 225 instead of 88 passages a second (two
// cores of an EPYC, Zen 5), and finds as much (docs/repository.md).
#include "engine/embedding/bert_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/embedding/bert_file.h"
#include "engine/layers/linear.h"
#include "engine/quantise/encode.h"
#include "engine/threads/topology.h"
#include "engine/threads/worker_pool.h"
#include "simd/attention.h"
#include "simd/elementwise.h"
#include "simd/norm.h"

namespace krait::engine {
namespace {

// A batch has as many texts as fit; its buffers have room for this or for one
// text.
constexpr size_t kBatchTokens = 512;

// Of keys that attention takes at once.
constexpr size_t kBlockPositions = 64;

struct AffineMap {
  simd::WeightView weight;  // [out, in]
  std::vector<float> bias;  // [out]
  // What `weight` points to; empty: into the file.
  AlignedArray<std::byte> rounded = {};
};

struct Normed {
  std::vector<float> weight;  // [d_model]
  std::vector<float> bias;    // [d_model]
};

struct BertLayer {
  AffineMap query;   // [d_model, d_model]
  AffineMap key;     // [d_model, d_model]
  AffineMap value;   // [d_model, d_model]
  AffineMap output;  // [d_model, d_model]
  Normed output_norm;
  AffineMap up;    // [d_ff, d_model]
  AffineMap down;  // [d_model, d_ff]
  Normed layer_norm;
};

struct BertWeights {
  simd::WeightView tokens;       // [vocab, d_model]
  std::vector<float> positions;  // [positions, d_model]; with the first type's
  Normed embedding_norm;
  std::vector<BertLayer> layers;
};

// Keeps the first failure, so that loading reads as a list.
class BertReader {
 public:
  BertReader(const BertFile& file, BertPrecision precision)
      : file_(file), precision_(precision) {}

  Result<BertWeights> Read() {
    const BertShape& s = file_.shape();
    BertWeights weights;
    weights.tokens = Matrix("token_embd.weight", s.vocab, s.d_model);
    weights.positions = Positions();
    weights.embedding_norm = Norm("token_embd_norm");
    for (size_t i = 0; i < s.layers && status_; ++i) {
      const std::string layer = fmt::format("blk.{}.", i);
      weights.layers.push_back(
          {.query = Map(layer + "attn_q", s.d_model, s.d_model),
           .key = Map(layer + "attn_k", s.d_model, s.d_model),
           .value = Map(layer + "attn_v", s.d_model, s.d_model),
           .output = Map(layer + "attn_output", s.d_model, s.d_model),
           .output_norm = Norm(layer + "attn_output_norm"),
           .up = Map(layer + "ffn_up", s.d_ff, s.d_model),
           .down = Map(layer + "ffn_down", s.d_model, s.d_ff),
           .layer_norm = Norm(layer + "layer_output_norm")});
    }
    if (!status_) return status_.error();
    return weights;
  }

 private:
  template <class T>
  T Keep(Result<T> read) {
    if (read) return std::move(*read);
    if (status_) status_ = read.error();
    return {};
  }

  simd::WeightView Matrix(const std::string& name, size_t rows, size_t cols) {
    return Keep(file_.Matrix(name, rows, cols));
  }
  std::vector<float> Floats(const std::string& name,
                            std::initializer_list<size_t> shape) {
    return Keep(file_.Floats(name, {shape.begin(), shape.size()}));
  }
  AffineMap Map(const std::string& name, size_t rows, size_t cols) {
    AffineMap map{.weight = Matrix(name + ".weight", rows, cols),
                  .bias = Floats(name + ".bias", {rows})};
    if (status_ && precision_ == BertPrecision::kInt8) Round(&map);
    return map;
  }
  // What is quantised already stays as it is, and so does what has weights that
  // are no numbers: the vectors tell.
  void Round(AffineMap* map) const {
    const simd::WeightView from = map->weight;
    const simd::WeightFormat& to = simd::FormatOf(simd::WeightType::kQ8_0);
    const BertShape& s = file_.shape();
    if (simd::FormatOf(from.type).block_elements != 1 ||
        s.d_model % to.block_elements != 0 || s.d_ff % to.block_elements != 0) {
      return;
    }
    const size_t row_bytes = simd::RowBytes(simd::WeightType::kQ8_0, from.cols);
    AlignedArray<std::byte> rounded(from.rows * row_bytes);
    std::vector<float> row(from.cols);
    for (size_t r = 0; r < from.rows; ++r) {
      simd::ExpandRow(from, r, row.data());
      if (!std::ranges::all_of(row, [](float x) { return std::isfinite(x); })) {
        return;
      }
      Encode(TensorType::kQ8_0, row, rounded.data() + r * row_bytes);
    }
    map->rounded = std::move(rounded);
    map->weight = {map->rounded.data(), simd::WeightType::kQ8_0, from.rows,
                   from.cols};
  }
  Normed Norm(const std::string& name) {
    const size_t d_model = file_.shape().d_model;
    return {.weight = Floats(name + ".weight", {d_model}),
            .bias = Floats(name + ".bias", {d_model})};
  }

  // A text is all of the first type, whose vector is added once and for all.
  std::vector<float> Positions() {
    const BertShape& s = file_.shape();
    constexpr size_t kTypes = 2;
    std::vector<float> positions =
        Floats("position_embd.weight", {s.positions, s.d_model});
    const std::vector<float> types =
        Floats("token_types.weight", {kTypes, s.d_model});
    if (!status_) return {};
    for (size_t p = 0; p < s.positions; ++p) {
      simd::Add(types.data(), s.d_model, positions.data() + p * s.d_model);
    }
    return positions;
  }

  const BertFile& file_;
  const BertPrecision precision_;
  Status status_;
};

class BertEncoder final : public TextEncoder {
 public:
  BertEncoder(std::unique_ptr<BertFile> file, BertWeights weights,
              BertPrecision precision, std::unique_ptr<Tokenizer> tokenizer)
      : file_(std::move(file)),
        shape_(file_->shape()),
        weights_(std::move(weights)),
        tokenizer_(std::move(tokenizer)) {
    dimension_ = shape_.d_model;
    max_tokens_ = shape_.max_tokens;
    // Indexes of other roundings are made anew.
    constexpr uint64_t kInt8Vectors = 0x8d1b5f2c6e93a047;
    fingerprint_ = file_->fingerprint();
    if (precision == BertPrecision::kInt8) fingerprint_ ^= kInt8Vectors;
  }

  std::string_view kind() const override { return "BERT"; }
  std::unique_ptr<Scratch> NewScratch() const override;
  size_t Encode(std::span<const std::string_view> texts, Scratch& scratch,
                float* vectors) const override;

 private:
  struct Buffers;

  void Tokenise(std::string_view text, std::vector<TokenId>* ids) const;
  void RunBatch(Buffers& buffers, float* vectors) const;
  void Embed(Buffers& buffers) const;
  void RunLayer(const BertLayer& layer, Buffers& buffers) const;
  void Attend(Buffers& buffers) const;
  void AttendHead(size_t begin, size_t end, size_t column,
                  Buffers& buffers) const;
  struct Mapped {
    const AffineMap& map;
    float* y;  // [tokens, out]
  };
  void MultiplyAll(const std::array<Mapped, 3>& maps, const float* x,
                   Buffers& buffers) const;
  void Multiply(const AffineMap& map, const float* x, Buffers& buffers,
                float* y) const;
  void Multiply(const AffineMap& map, const simd::ActivationView& x,
                Buffers& buffers, float* y) const;
  void AddAndNorm(const float* x, const Normed& norm, size_t tokens,
                  float* hidden) const;
  void Pool(const Buffers& buffers, float* vectors) const;

  const std::unique_ptr<BertFile> file_;
  const BertShape shape_;
  const BertWeights weights_;
  const std::unique_ptr<Tokenizer> tokenizer_;
};

struct BertEncoder::Buffers : TextEncoder::Scratch {
  explicit Buffers(const BertShape& shape)
      : pool(ThreadPlan{.slots = {ThreadPlan::Slot()}}),
        linear(1, std::max(shape.d_model, shape.d_ff)),
        room(std::max(kBatchTokens, shape.max_tokens)),
        hidden(room * shape.d_model),
        query(room * shape.d_model),
        key(room * shape.d_model),
        value(room * shape.d_model),
        attended(room * shape.d_model),
        inner(room * shape.d_ff),
        queries(simd::kAttentionTileQueries * head_dim(shape)),
        results(simd::kAttentionTileQueries * head_dim(shape)),
        tile(simd::AttentionTileScratch(simd::kAttentionTileQueries,
                                        head_dim(shape))) {}

  static size_t head_dim(const BertShape& shape) {
    return shape.d_model / shape.heads;
  }

  size_t tokens() const { return ids.size(); }

  WorkerPool pool;  // of the thread that calls alone
  Linear linear;
  size_t room;                   // tokens
  std::vector<TokenId> ids;      // of all texts of a batch
  std::vector<size_t> begins;    // where each begins in `ids`
  AlignedArray<float> hidden;    // [tokens, d_model]
  AlignedArray<float> query;     // [tokens, d_model]
  AlignedArray<float> key;       // [tokens, d_model]
  AlignedArray<float> value;     // [tokens, d_model]
  AlignedArray<float> attended;  // [tokens, d_model]
  AlignedArray<float> inner;     // [tokens, d_ff]
  // Of a tile of attention.
  AlignedArray<float> queries;             // [queries, head_dim]
  AlignedArray<float> results;             // [queries, head_dim]
  AlignedArray<float> tile;                // scratch
  std::vector<const float*> key_blocks;    // of a text
  std::vector<const float*> value_blocks;  // likewise
};

std::unique_ptr<TextEncoder::Scratch> BertEncoder::NewScratch() const {
  return std::make_unique<Buffers>(shape_);
}

size_t BertEncoder::Encode(std::span<const std::string_view> texts,
                           Scratch& scratch, float* vectors) const {
  auto& buffers = static_cast<Buffers&>(scratch);
  size_t tokens = 0;
  buffers.ids.clear();
  buffers.begins.clear();
  size_t first = 0;  // of the batch
  std::vector<TokenId> ids;
  for (size_t i = 0; i < texts.size(); ++i) {
    Tokenise(texts[i], &ids);
    if (buffers.tokens() + ids.size() > buffers.room) {
      RunBatch(buffers, vectors + first * dimension_);
      first = i;
    }
    buffers.begins.push_back(buffers.tokens());
    buffers.ids.insert(buffers.ids.end(), ids.begin(), ids.end());
    tokens += ids.size();
  }
  if (!texts.empty()) RunBatch(buffers, vectors + first * dimension_);
  return tokens;
}

void BertEncoder::Tokenise(std::string_view text,
                           std::vector<TokenId>* ids) const {
  ids->assign(1, *tokenizer_->special().bos);
  tokenizer_->Encode(text.substr(0, max_tokens_ * kTokenBytes),
                     DummyPrefix::kAsTrained, ids);
  ids->resize(std::min(ids->size(), max_tokens_ - 1));
  ids->push_back(*tokenizer_->special().eos);
}

// Of the texts in the buffers, which are empty then.
void BertEncoder::RunBatch(Buffers& buffers, float* vectors) const {
  Embed(buffers);
  for (const BertLayer& layer : weights_.layers) RunLayer(layer, buffers);
  Pool(buffers, vectors);
  buffers.ids.clear();
  buffers.begins.clear();
}

void BertEncoder::Embed(Buffers& buffers) const {
  const size_t d_model = shape_.d_model;
  size_t text = 0;
  for (size_t t = 0; t < buffers.tokens(); ++t) {
    while (text + 1 < buffers.begins.size() && buffers.begins[text + 1] <= t) {
      ++text;
    }
    const size_t position = t - buffers.begins[text];
    float* const row = buffers.hidden.data() + t * d_model;
    simd::ExpandRow(weights_.tokens, buffers.ids[t], row);
    simd::Add(weights_.positions.data() + position * d_model, d_model, row);
    const Normed& norm = weights_.embedding_norm;
    simd::LayerNorm(row, norm.weight.data(), norm.bias.data(), d_model,
                    shape_.epsilon, row);
  }
}

void BertEncoder::RunLayer(const BertLayer& layer, Buffers& buffers) const {
  float* const hidden = buffers.hidden.data();
  MultiplyAll({{{layer.query, buffers.query.data()},
                {layer.key, buffers.key.data()},
                {layer.value, buffers.value.data()}}},
              hidden, buffers);
  Attend(buffers);
  // The queries are no longer needed.
  Multiply(layer.output, buffers.attended.data(), buffers,
           buffers.query.data());
  AddAndNorm(buffers.query.data(), layer.output_norm, buffers.tokens(), hidden);
  Multiply(layer.up, hidden, buffers, buffers.inner.data());
  simd::Gelu(buffers.inner.data(), buffers.tokens() * shape_.d_ff,
             buffers.inner.data());
  Multiply(layer.down, buffers.inner.data(), buffers, buffers.query.data());
  AddAndNorm(buffers.query.data(), layer.layer_norm, buffers.tokens(), hidden);
}

// Each token of a text sees all of the text.
void BertEncoder::Attend(Buffers& buffers) const {
  const size_t d_model = shape_.d_model;
  for (size_t text = 0; text < buffers.begins.size(); ++text) {
    const size_t begin = buffers.begins[text];
    const size_t end = text + 1 < buffers.begins.size()
                           ? buffers.begins[text + 1]
                           : buffers.tokens();
    buffers.key_blocks.clear();
    buffers.value_blocks.clear();
    for (size_t t = begin; t < end; t += kBlockPositions) {
      buffers.key_blocks.push_back(buffers.key.data() + t * d_model);
      buffers.value_blocks.push_back(buffers.value.data() + t * d_model);
    }
    const size_t head_dim = d_model / shape_.heads;
    for (size_t head = 0; head < shape_.heads; ++head) {
      AttendHead(begin, end, head * head_dim, buffers);
    }
  }
}

// A tile is of the last position, which sees all: its "heads" are the tokens.
void BertEncoder::AttendHead(size_t begin, size_t end, size_t column,
                             Buffers& buffers) const {
  const size_t d_model = shape_.d_model;
  const size_t head_dim = d_model / shape_.heads;
  simd::AttentionTile tile{.k = buffers.key_blocks.data(),
                           .v = buffers.value_blocks.data(),
                           .block_positions = kBlockPositions,
                           .stride = d_model,
                           .column = column,
                           .head_dim = head_dim,
                           .scale = 1 / std::sqrt(static_cast<float>(head_dim)),
                           .position = end - begin - 1,
                           .tokens = 1,
                           .q = buffers.queries.data(),
                           .out = buffers.results.data()};
  for (size_t t = begin; t < end; t += tile.heads) {
    tile.heads = std::min(simd::kAttentionTileQueries, end - t);
    tile.q_stride = tile.heads * head_dim;
    for (size_t i = 0; i < tile.heads; ++i) {
      std::copy_n(buffers.query.data() + (t + i) * d_model + column, head_dim,
                  buffers.queries.data() + i * head_dim);
    }
    simd::AttendTile(tile, buffers.tile.data());
    for (size_t i = 0; i < tile.heads; ++i) {
      std::copy_n(buffers.results.data() + i * head_dim, head_dim,
                  buffers.attended.data() + (t + i) * d_model + column);
    }
  }
}

// Maps of one format share the packed inputs.
void BertEncoder::MultiplyAll(const std::array<Mapped, 3>& maps, const float* x,
                              Buffers& buffers) const {
  const simd::WeightView& first = maps[0].map.weight;
  const bool alike = std::ranges::all_of(maps, [&first](const Mapped& one) {
    return one.map.weight.type == first.type;
  });
  if (!alike) {
    for (const Mapped& one : maps) Multiply(one.map, x, buffers, one.y);
    return;
  }
  const simd::ActivationView packed = buffers.linear.Pack(
      x, buffers.tokens(), first.cols, first.type, buffers.pool);
  for (const Mapped& one : maps) Multiply(one.map, packed, buffers, one.y);
}

void BertEncoder::Multiply(const AffineMap& map, const float* x,
                           Buffers& buffers, float* y) const {
  const simd::ActivationView packed = buffers.linear.Pack(
      x, buffers.tokens(), map.weight.cols, map.weight.type, buffers.pool);
  Multiply(map, packed, buffers, y);
}

void BertEncoder::Multiply(const AffineMap& map, const simd::ActivationView& x,
                           Buffers& buffers, float* y) const {
  const size_t rows = map.weight.rows;
  buffers.linear.Multiply(Pass::kPrefill, map.weight, x, y, rows, buffers.pool);
  for (size_t t = 0; t < buffers.tokens(); ++t) {
    simd::Add(map.bias.data(), rows, y + t * rows);
  }
}

void BertEncoder::AddAndNorm(const float* x, const Normed& norm, size_t tokens,
                             float* hidden) const {
  const size_t d_model = shape_.d_model;
  simd::Add(x, tokens * d_model, hidden);
  for (size_t t = 0; t < tokens; ++t) {
    simd::LayerNorm(hidden + t * d_model, norm.weight.data(), norm.bias.data(),
                    d_model, shape_.epsilon, hidden + t * d_model);
  }
}

void BertEncoder::Pool(const Buffers& buffers, float* vectors) const {
  const size_t d_model = shape_.d_model;
  for (size_t text = 0; text < buffers.begins.size(); ++text) {
    const size_t begin = buffers.begins[text];
    const size_t end = text + 1 < buffers.begins.size()
                           ? buffers.begins[text + 1]
                           : buffers.tokens();
    float* const vector = vectors + text * d_model;
    std::copy_n(buffers.hidden.data() + begin * d_model, d_model, vector);
    if (shape_.pooling == BertPooling::kMean) {
      for (size_t t = begin + 1; t < end; ++t) {
        simd::Add(buffers.hidden.data() + t * d_model, d_model, vector);
      }
    }
    Normalise({vector, d_model});
  }
}

}  // namespace

Result<std::shared_ptr<const TextEncoder>> LoadBert(
    const std::filesystem::path& path, BertPrecision precision) {
  auto file = BertFile::Open(path);
  if (!file) return file.error();
  auto weights = BertReader(**file, precision).Read();
  if (!weights) return weights.error();
  auto tokenizer = (*file)->LoadTokenizer();
  if (!tokenizer) return tokenizer.error();
  return std::shared_ptr<const TextEncoder>(std::make_shared<BertEncoder>(
      std::move(*file), std::move(*weights), precision, std::move(*tokenizer)));
}

}  // namespace krait::engine
