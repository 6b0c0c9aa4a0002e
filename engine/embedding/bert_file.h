// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_EMBEDDING_BERT_FILE_H_
#define KRAIT_ENGINE_EMBEDDING_BERT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/file/gguf.h"
#include "engine/file/safetensors.h"
#include "engine/tokenizer/tokenizer.h"
#include "simd/weights.h"

namespace krait::engine {

enum class BertPooling : uint8_t {
  kMean,   // of all tokens
  kFirst,  // of [CLS]
};

struct BertShape {
  size_t vocab = 0;
  size_t positions = 0;
  size_t layers = 0;
  size_t d_model = 0;
  size_t heads = 0;
  size_t d_ff = 0;
  float epsilon = 1e-12F;
  size_t max_tokens = 0;  // [CLS] and [SEP] included; at most `positions`
  BertPooling pooling = BertPooling::kMean;
};

// A sentence encoder of the BERT family on disk, under GGUF's tensor names:
//   a GGUF file     of architecture "bert"
//   a directory     as sentence-transformers writes it: config.json,
//                   model.safetensors, tokenizer.json; 1_Pooling/config.json
//                   and sentence_bert_config.json, which may be missing
// Immutable and thread-safe after Open.
class BertFile {
 public:
  static Result<std::unique_ptr<BertFile>> Open(
      const std::filesystem::path& path);

  const BertShape& shape() const { return shape_; }
  uint64_t fingerprint() const { return fingerprint_; }

  // A matrix that stays where it is mapped; "blk.0.attn_q.weight".
  Result<simd::WeightView> Matrix(const std::string& name, size_t rows,
                                  size_t cols) const;
  // A vector, or a whole matrix, in float32.
  Result<std::vector<float>> Floats(const std::string& name,
                                    std::span<const size_t> shape) const;

  Result<std::unique_ptr<Tokenizer>> LoadTokenizer() const;

 private:
  Status OpenGguf();
  Status OpenDirectory();
  Status ReadPooling();
  Status ReadMaxTokens();
  Status CheckShape() const;
  Result<const Tensor*> Require(const std::string& name,
                                std::span<const size_t> shape) const;

  std::filesystem::path path_;
  BertShape shape_;
  uint64_t fingerprint_ = 0;
  std::unique_ptr<GgufFile> gguf_;
  std::unique_ptr<SafetensorsFile> safetensors_;
  std::vector<Tensor> tensors_;  // sorted by name
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_EMBEDDING_BERT_FILE_H_
