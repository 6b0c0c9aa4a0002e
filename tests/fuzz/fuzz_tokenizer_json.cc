// SPDX-License-Identifier: Apache-2.0
// Any bytes as tokenizer.json or tekken.json; what loads must take any text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/tokenizer/tokenizer_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = krait::engine::TokenizerFromBytes(bytes, "fuzz");
  if (!tokenizer) return 0;
  for (const std::string_view text :
       {std::string_view("def f():\n\t x\xFF  <|endoftext|> e\xCC\x81"),
        bytes}) {
    const auto ids = (*tokenizer)->Encode(text);
    for (const auto id : ids) {
      if (id >= (*tokenizer)->vocab_size()) std::abort();
    }
    (void)(*tokenizer)->Decode(ids);
  }
  return 0;
}
