// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_CHUNK_ENCODER_H_
#define KRAIT_DAEMON_REPOSITORY_CHUNK_ENCODER_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simd/weight_format.h"

namespace krait::repository {

// Makes of texts vectors of length 1 whose dot product says how much they are
// about the same. Thread-safe.
class ChunkEncoder {
 public:
  virtual ~ChunkEncoder() = default;

  // Says what makes the vectors: those of another name have another meaning.
  virtual std::string name() const = 0;
  // Of a vector, as it is stored: whole blocks of type().
  virtual size_t dimension() const = 0;
  // How vectors are stored.
  virtual simd::WeightType type() const = 0;

  // Returns the texts' vectors, one row after the other.
  virtual std::string EncodeChunks(
      std::span<const std::string_view> texts) const = 0;
  // Returns the vector of what is looked for: [dimension()].
  virtual std::vector<float> EncodeQuestion(std::string_view text) const = 0;
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_CHUNK_ENCODER_H_
