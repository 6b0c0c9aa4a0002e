// SPDX-License-Identifier: Apache-2.0
#include "engine/model/attention_fields.h"

#include <fmt/format.h>

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/model/rope_fields.h"

namespace krait::engine {
namespace {

size_t ReadHeadDim(GgufKeys* read, size_t d_model, size_t heads) {
  const size_t key_length = read->Size("attention.key_length", 0);
  if (key_length != 0 || heads == 0) return key_length;
  if (d_model % heads != 0) {
    read->Fail(ErrorCode::kBadFile,
               fmt::format("key '{}': {} heads do not divide "
                           "embedding_length {}",
                           read->Name("attention.head_count"), heads, d_model));
  }
  return d_model / heads;
}

size_t ReadHeadDim(FieldReader* read, size_t d_model, size_t heads) {
  const size_t head_dim = read->Size("head_dim", 0);
  if (head_dim != 0 || heads == 0) return head_dim;
  if (d_model % heads != 0) {
    read->Fail(read->fields().Wrong(
        "num_attention_heads",
        fmt::format("{} heads do not divide hidden_size {}", heads, d_model)));
  }
  return d_model / heads;
}

}  // namespace

void ReadGgufAttention(GgufKeys* read, Hyperparameters* hparams) {
  AttentionShape& shape = hparams->attention;
  shape.heads = read->SizeOfEachLayer("attention.head_count", {});
  shape.kv_heads =
      read->SizeOfEachLayer("attention.head_count_kv", shape.heads);
  hparams->d_ff = read->SizeOfEachLayer("feed_forward_length", {});
  shape.head_dim = ReadHeadDim(read, hparams->d_model, shape.heads);
  if (read->Size("attention.value_length", shape.head_dim) != shape.head_dim) {
    read->NotYet(fmt::format("{} that differs from key_length",
                             read->Name("attention.value_length")));
  }
  shape.rope_dim = read->Size("rope.dimension_count", shape.head_dim);
  ReadGgufRope(read, &shape);
}

void ReadHfAttention(FieldReader* read, Hyperparameters* hparams) {
  AttentionShape& shape = hparams->attention;
  hparams->d_ff = read->Size("intermediate_size");
  hparams->norm_eps = static_cast<float>(read->Float("rms_norm_eps"));
  shape.head_dim = ReadHeadDim(read, hparams->d_model, shape.heads);
  shape.rope_dim = shape.head_dim;
  shape.rope_pairing = simd::RopePairing::kHalfSplit;
  ReadHfRope(read, &shape);
}

}  // namespace krait::engine
