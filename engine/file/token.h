// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_TOKEN_H_
#define KRAIT_ENGINE_FILE_TOKEN_H_

#include <cstdint>

namespace krait::engine {

using TokenId = uint32_t;

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_TOKEN_H_
