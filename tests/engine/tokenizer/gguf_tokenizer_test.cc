// SPDX-License-Identifier: Apache-2.0
// Which tokens begin and end a prompt, by the keys of a GGUF file: as llama.cpp
// reads them (llama-vocab.cpp).
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "engine/file/gguf.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

constexpr uint32_t kInt32 = 5;
constexpr uint32_t kFloat32 = 6;
constexpr uint32_t kBool = 7;
constexpr uint32_t kText = 8;

constexpr int32_t kNormal = 1;
constexpr int32_t kControl = 3;

// Four tokens: control tokens 0 to 2, and "a".
GgufBuilder VocabularyFile(const std::string& model) {
  GgufBuilder file;
  file.StringKey("tokenizer.ggml.model", model);
  file.ArrayKey("tokenizer.ggml.tokens", kText, 4);
  for (const char* token : {"<x0>", "<x1>", "<x2>", "a"}) file.String(token);
  file.ArrayKey("tokenizer.ggml.token_type", kInt32, 4);
  for (const int32_t type : {kControl, kControl, kControl, kNormal}) {
    file.Raw(type);
  }
  return file;
}

SpecialTokens SpecialOf(const GgufBuilder& file) {
  const std::string bytes = file.Build();
  const auto gguf = GgufFile::Parse(bytes, "memory.gguf");
  EXPECT_TRUE(gguf) << gguf.error().message;
  if (!gguf) return {};
  const auto tokenizer = Tokenizer::FromGguf(**gguf);
  EXPECT_TRUE(tokenizer) << tokenizer.error().message;
  return tokenizer ? (*tokenizer)->special() : SpecialTokens{};
}

SpecialTokens ByteLevel(const std::string& pre, std::optional<bool> add_bos) {
  GgufBuilder file = VocabularyFile("gpt2");
  file.ArrayKey("tokenizer.ggml.merges", kText, 0);
  file.StringKey("tokenizer.ggml.pre", pre);
  file.Key("tokenizer.ggml.bos_token_id", 4, uint32_t{2});
  if (add_bos) {
    file.Key("tokenizer.ggml.add_bos_token", kBool, uint8_t{*add_bos});
  }
  return SpecialOf(file);
}

TEST(GgufTokenizerTest, ThePreTokenizersNameDecidesOnBosWhereTheFileDoesNot) {
  for (const char* pre : {"llama-bpe", "llama3", "llama-v3", "falcon3",
                          "falcon-h1", "pixtral", "lfm2", "tekken"}) {
    EXPECT_TRUE(ByteLevel(pre, std::nullopt).add_bos) << pre;
    EXPECT_FALSE(ByteLevel(pre, false).add_bos) << pre;
  }
  for (const char* pre : {"gpt-2", "qwen2", "starcoder", "deepseek-coder"}) {
    EXPECT_FALSE(ByteLevel(pre, std::nullopt).add_bos) << pre;
    EXPECT_TRUE(ByteLevel(pre, true).add_bos) << pre;
  }
}

TEST(GgufTokenizerTest, SentencePieceHasItsUsualIdsWhereTheFileHasNone) {
  GgufBuilder file = VocabularyFile("llama");
  file.ArrayKey("tokenizer.ggml.scores", kFloat32, 4);
  for (int i = 0; i < 4; ++i) file.Raw(0.0F);
  const SpecialTokens special = SpecialOf(file);
  EXPECT_EQ(special.unknown, 0U);
  EXPECT_EQ(special.bos, 1U);
  EXPECT_EQ(special.eos, 2U);
  EXPECT_TRUE(special.add_bos);
}

}  // namespace
}  // namespace krait::engine
