// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_TOKENIZER_JSON_H_
#define KRAIT_ENGINE_TOKENIZER_TOKENIZER_JSON_H_

#include <memory>
#include <optional>
#include <string>

#include "engine/error.h"
#include "engine/file/json_file.h"
#include "engine/tokenizer/fim_choice.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// Roles that tokenizer_config.json gives to tokens, by name; and what somebody
// else says of those of fill-in-the-middle.
struct NamedRoles {
  std::optional<std::string> bos;
  std::optional<std::string> eos;
  std::optional<bool> add_bos;
  FimChoice fim = {};
};

// Reads `bos_token`, `eos_token` and `add_bos_token`; what is missing or of
// another kind is left out.
NamedRoles ReadNamedRoles(const JsonFields& config);

// Reads the content of a tokenizer.json: model type BPE, byte-level or in the
// manner of SentencePiece (byte_fallback), or WordPiece.
Result<std::unique_ptr<Tokenizer>> ParseTokenizerJson(const JsonFields& root,
                                                      const NamedRoles& roles);

// Reads the content of a tekken.json.
Result<std::unique_ptr<Tokenizer>> ParseTekkenJson(const JsonFields& root,
                                                   const FimChoice& fim);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_TOKENIZER_JSON_H_
