// SPDX-License-Identifier: Apache-2.0
#include "engine/model/granite_fields.h"

#include <string_view>

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"

namespace krait::engine {

void ReadGgufGraniteFactors(GgufKeys* read, Hyperparameters* hparams) {
  const auto factor = [read](std::string_view key, double otherwise) {
    return static_cast<float>(read->Float(key, otherwise));
  };
  hparams->embedding_scale = factor("embedding_scale", 1);
  hparams->residual_scale = factor("residual_scale", 1);
  hparams->attention.scale = factor("attention.scale", 0);
  hparams->logits_scale =
      static_cast<float>(1 / read->Float("logit_scale", 1.0));
}

void ReadHfGraniteFactors(FieldReader* read, Hyperparameters* hparams) {
  const auto factor = [read](std::string_view key) {
    return static_cast<float>(read->Float(key));
  };
  hparams->embedding_scale = factor("embedding_multiplier");
  hparams->residual_scale = factor("residual_multiplier");
  hparams->attention.scale = factor("attention_multiplier");
  hparams->logits_scale = static_cast<float>(1 / read->Float("logits_scaling"));
}

}  // namespace krait::engine
