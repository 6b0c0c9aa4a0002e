// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_EMBEDDING_TERM_TABLE_H_
#define KRAIT_ENGINE_EMBEDDING_TERM_TABLE_H_

#include <memory>

#include "engine/embedding/text_encoder.h"
#include "engine/error.h"
#include "engine/file/gguf.h"

namespace krait::engine {

// Whether a model's file has a table of terms, or another kind of embedding.
bool HasTermTable(const GgufFile& gguf);

// Reads the table of terms in a model's metadata, which needs nothing else of
// the model:
//   krait.embedding.dimension   uint, of a vector; a multiple of 64
//   krait.embedding.max_tokens  uint; so many terms of a text are read
//   krait.embedding.pooling     "log_counted_terms"
//   krait.embedding.terms       string [terms], each once, as base::ForEachTerm
//                               gives the parts of words
//   krait.embedding.rows        int32: the bytes of Q4_0 [terms, dimension],
//                               four in each, the first the lowest
// A vector is normalise(sum_t(log(1 + times_t) * row_t)); how much a term
// counts is the length of its row. Terms that are not in the table say nothing.
// Source: Tulkens and van Dongen 2024, model2vec (one vector for each token);
// Wieting et al. 2016 (learned by telling pairs apart).
Result<std::shared_ptr<const TextEncoder>> LoadTermTable(const GgufFile& gguf);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_EMBEDDING_TERM_TABLE_H_
