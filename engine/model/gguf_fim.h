// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_GGUF_FIM_H_
#define KRAIT_ENGINE_MODEL_GGUF_FIM_H_

#include "engine/error.h"
#include "engine/file/gguf.h"
#include "engine/tokenizer/fim_choice.h"

namespace krait::engine {

// Reads what a GGUF file says of fill-in-the-middle: the keys
// krait.fim.order ("spm", "psm", "both" or "emulated"),
// krait.fim.{prefix,suffix,middle,file,file_separator,repository_separator}_token,
// and krait.fim.stop_tokens, an array. Whether there are such tokens, the
// tokenizer says.
Result<FimChoice> ReadGgufFim(const GgufFile& gguf);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_GGUF_FIM_H_
