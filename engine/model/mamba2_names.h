// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_MAMBA2_NAMES_H_
#define KRAIT_ENGINE_MODEL_MAMBA2_NAMES_H_

#include "engine/model/architecture.h"

namespace krait::engine {

// Hugging Face's names of the parameters of Mamba-2 in hybrids, whose layers
// call it "mamba".
inline constexpr Rename kHybridParameters[] = {
    {"mamba.dt_bias", "ssm_dt.bias"},
    {"mamba.A_log", "ssm_a"},
    {"mamba.D", "ssm_d"},
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_MAMBA2_NAMES_H_
