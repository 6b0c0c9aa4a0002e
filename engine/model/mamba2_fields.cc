// SPDX-License-Identifier: Apache-2.0
#include "engine/model/mamba2_fields.h"

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"

namespace krait::engine {

void ReadGgufMamba2(GgufKeys* read, Mamba2Shape* shape) {
  shape->conv_width = read->Size("ssm.conv_kernel");
  shape->d_inner = read->Size("ssm.inner_size");
  shape->state = read->Size("ssm.state_size");
  // The key keeps the name of Mamba-1's use of it.
  shape->heads = read->Size("ssm.time_step_rank");
  shape->groups = read->Size("ssm.group_count");
  if (shape->heads != 0) shape->head_dim = shape->d_inner / shape->heads;
}

void ReadHfExpansion(FieldReader* read, std::string_view key,
                     Hyperparameters* hparams) {
  size_t d_inner = 0;
  if (__builtin_mul_overflow(read->Size(key, 2), hparams->d_model, &d_inner)) {
    read->Fail(read->fields().Mismatch(key, "a small number"));
  }
  hparams->mamba2.d_inner = d_inner;
}

}  // namespace krait::engine
