// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_TOKENIZER_BYTES_H_
#define KRAIT_ENGINE_TOKENIZER_TOKENIZER_BYTES_H_

#include <memory>
#include <string>
#include <string_view>

#include "engine/error.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// Tokenizer::FromFile over bytes in memory, for fuzzing; `name` begins error
// messages. The bytes are not needed afterwards.
Result<std::unique_ptr<Tokenizer>> TokenizerFromBytes(std::string_view bytes,
                                                      const std::string& name);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_TOKENIZER_BYTES_H_
