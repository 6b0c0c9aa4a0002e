// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_VECTOR_SEARCH_H_
#define KRAIT_DAEMON_REPOSITORY_VECTOR_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/scored_chunk.h"
#include "simd/weights.h"

namespace krait::repository {

// The vectors of an index in memory, and those nearest to one of them: an exact
// search, which reads all rows once (a product of matrix and vector; 11 MB for
// a million lines). Thread-compatible.
class VectorSearch {
 public:
  // Reads the vectors of an index whose rows are of `dimension` and `type`; an
  // index with others is kBadFile.
  static base::Result<VectorSearch> Load(IndexStore* store, size_t dimension,
                                         simd::WeightType type);

  size_t size() const { return numbers_.size(); }

  // Returns the chunks with the largest dot products, the largest first.
  std::vector<ScoredChunk> Nearest(std::span<const float> vector, size_t most);

  // Returns the dot product of a chunk with the vector of the last Nearest(); 0
  // if it has no vector.
  double ProductOf(int64_t number) const;

  // Returns the vector of a chunk; empty if it has none.
  std::vector<float> VectorOf(int64_t number) const;

 private:
  VectorSearch(size_t dimension, simd::WeightType type)
      : dimension_(dimension), type_(type) {}
  simd::WeightView Rows() const;
  // The chunk's row; size() if it has none.
  size_t RowOf(int64_t number) const;

  size_t dimension_;
  simd::WeightType type_;
  std::string rows_;              // [chunks, dimension]
  std::vector<int64_t> numbers_;  // of the chunks, ascending
  std::vector<float> products_;   // [chunks], of a call
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_VECTOR_SEARCH_H_
