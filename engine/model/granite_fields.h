// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_GRANITE_FIELDS_H_
#define KRAIT_ENGINE_MODEL_GRANITE_FIELDS_H_

#include "engine/model/hyperparameters.h"

namespace krait::engine {

class FieldReader;
class GgufKeys;

// Read Granite's four factors, which hybrids have, too: of the embeddings, of
// what each part adds to the residual stream, of attention's scores, and what
// the logits are divided by. Without a key of GGUF's nothing is changed, and
// scores are scaled as elsewhere.
void ReadGgufGraniteFactors(GgufKeys* read, Hyperparameters* hparams);
void ReadHfGraniteFactors(FieldReader* read, Hyperparameters* hparams);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_GRANITE_FIELDS_H_
