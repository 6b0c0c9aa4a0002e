// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_MEMORY_TEST_TOKENIZERS_H_
#define KRAIT_TESTS_ENGINE_MEMORY_TEST_TOKENIZERS_H_

#include <gtest/gtest.h>

#include <memory>

#include "engine/file/gguf.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// The default model's; null, and a failure, if it cannot be loaded.
inline std::unique_ptr<Tokenizer> LoadDefaultTokenizer() {
  const auto gguf = GgufFile::Open(KRAIT_DEFAULT_MODEL);
  EXPECT_TRUE(gguf);
  if (!gguf) return nullptr;
  auto tokenizer = Tokenizer::FromGguf(**gguf);
  EXPECT_TRUE(tokenizer);
  return tokenizer ? std::move(*tokenizer) : nullptr;
}

// One that has newlines and the indentation behind them as one token (a part of
// SmolLM2's vocabulary); null, and a failure, if it cannot be loaded.
inline std::unique_ptr<Tokenizer> LoadJoiningTokenizer() {
  auto tokenizer = Tokenizer::FromFile(
      KRAIT_TEST_DATA "/tokenizers/families/smollm/tokenizer.json");
  EXPECT_TRUE(tokenizer);
  return tokenizer ? std::move(*tokenizer) : nullptr;
}

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_MEMORY_TEST_TOKENIZERS_H_
