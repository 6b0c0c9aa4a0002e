// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_EMBEDDING_TEXT_ENCODER_H_
#define KRAIT_ENGINE_EMBEDDING_TEXT_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "engine/error.h"

namespace krait::engine {

// Makes of a text a vector of length 1, so that texts that are about the same
// have a large dot product. Three kinds exist:
//   term_table.cc       the keys krait.embedding.* of a GGUF file
//   model2vec.cc        a directory with a table of token embeddings
//   bert_encoder.cc     sentence encoders of the BERT family (bert_file.h)
//
// Immutable and thread-safe after Load.
class TextEncoder {
 public:
  // Buffers of calls, of one encoder. Thread-compatible.
  class Scratch {
   public:
    virtual ~Scratch() = default;
  };

  // Longer ones are refused.
  static constexpr size_t kMostDimension = 8192;

  // Opens what `path` holds: a .gguf file or a directory. kUnsupported if it is
  // a model that has no embedding of texts.
  static Result<std::shared_ptr<const TextEncoder>> Load(
      const std::filesystem::path& path);

  virtual ~TextEncoder() = default;

  // "term table", "token table", "BERT".
  virtual std::string_view kind() const = 0;
  size_t dimension() const { return dimension_; }
  // Of a longer text the rest does not count.
  size_t max_tokens() const { return max_tokens_; }
  // A hash of all that decides the vectors.
  uint64_t fingerprint() const { return fingerprint_; }

  virtual std::unique_ptr<Scratch> NewScratch() const = 0;

  // Writes [texts, dimension()]; a text of which no token says anything gets
  // zeros. Several are faster at once; a text's vector does not depend on the
  // others. Returns how many tokens were read.
  virtual size_t Encode(std::span<const std::string_view> texts,
                        Scratch& scratch, float* vectors) const = 0;

 protected:
  // A text's tokens are looked for in so many bytes for each: few stand for
  // more, so of a long text the end need not be read.
  static constexpr size_t kTokenBytes = 24;

  size_t dimension_ = 0;
  size_t max_tokens_ = 0;
  uint64_t fingerprint_ = 0;
};

// Divides a vector by its length; zeros stay.
void Normalise(std::span<float> vector);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_EMBEDDING_TEXT_ENCODER_H_
