// SPDX-License-Identifier: Apache-2.0
// Any bytes as tokenizer.model; what loads must take any text and give it back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/tokenizer/sentencepiece_model.h"

using krait::engine::DummyPrefix;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto spec = krait::engine::ParseSentencePieceModel(bytes, "fuzz");
  if (!spec) return 0;
  const auto tokenizer =
      krait::engine::SentencePieceTokenizer::Create(std::move(*spec));
  if (!tokenizer) return 0;
  // The file's own bytes are a text that has to do with its pieces.
  for (const std::string_view text :
       {std::string_view("def f():\n\t x\xFF  [INST]<s> \xE2\x96\x81"),
        bytes}) {
    const auto ids = (*tokenizer)->Encode(text, DummyPrefix::kNone);
    for (const auto id : ids) {
      if (id >= (*tokenizer)->vocab_size()) std::abort();
    }
    (void)(*tokenizer)->Decode(ids);
  }
  return 0;
}
