// SPDX-License-Identifier: Apache-2.0
// Each tokenizer, from each kind of file that holds it, against the ids of its
// reference implementation.
#include <gtest/gtest.h>

#include <cctype>
#include <ostream>
#include <string>

#include "engine/file/gguf.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/tokenizer/golden_cases.h"

namespace krait::engine {
namespace {

struct Source {
  const char* name;  // of the folder with the expected ids
  const char* file;
  bool is_gguf = false;
};

void PrintTo(const Source& source, std::ostream* out) {
  *out << source.file;
}

std::unique_ptr<Tokenizer> Load(const Source& source) {
  const std::string path = std::string(KRAIT_TEST_DATA) + "/" + source.file;
  Result<std::unique_ptr<Tokenizer>> tokenizer = [&] {
    if (!source.is_gguf) return Tokenizer::FromFile(path);
    const auto gguf = GgufFile::Open(path);
    if (!gguf) return Result<std::unique_ptr<Tokenizer>>(gguf.error());
    return Tokenizer::FromGguf(**gguf);
  }();
  if (!tokenizer) {
    ADD_FAILURE() << tokenizer.error().message;
    return nullptr;
  }
  return std::move(*tokenizer);
}

class TokenizerGoldenTest : public testing::TestWithParam<Source> {};

TEST_P(TokenizerGoldenTest, GivesTheIdsOfTheReferenceForValidUtf8) {
  const auto tokenizer = Load(GetParam());
  ASSERT_NE(tokenizer, nullptr);
  size_t compared = 0;
  for (const GoldenCase& c : LoadGoldenCases(GetParam().name)) {
    if (!c.valid_utf8) continue;
    EXPECT_EQ(tokenizer->Encode(c.text), c.ids)
        << "case " << c.number << " (" << c.category << "): " << c.text;
    ++compared;
  }
  EXPECT_GE(compared, 500u);
}

TEST_P(TokenizerGoldenTest, DecodesTheReferencesIdsToItsText) {
  const auto tokenizer = Load(GetParam());
  ASSERT_NE(tokenizer, nullptr);
  for (const GoldenCase& c : LoadGoldenCases(GetParam().name)) {
    EXPECT_EQ(tokenizer->Decode(c.ids), c.decoded)
        << "case " << c.number << " (" << c.category << ")";
  }
}

// The reference replaces bytes that are not UTF-8; krait keeps them. Where
// nothing is to be normalised, decoding gives back the very bytes.
TEST_P(TokenizerGoldenTest, KeepsInvalidUtf8) {
  const auto tokenizer = Load(GetParam());
  ASSERT_NE(tokenizer, nullptr);
  size_t compared = 0;
  for (const GoldenCase& c : LoadGoldenCases(GetParam().name)) {
    if (c.valid_utf8) continue;
    EXPECT_EQ(tokenizer->Decode(tokenizer->Encode(c.text)), c.text)
        << "case " << c.number;
    ++compared;
  }
  EXPECT_GE(compared, 20u);
}

TEST_P(TokenizerGoldenTest, NeverMakesControlTokensFromText) {
  const auto tokenizer = Load(GetParam());
  ASSERT_NE(tokenizer, nullptr);
  for (TokenId id = 0; id < tokenizer->vocab_size(); ++id) {
    if (!tokenizer->IsControl(id)) continue;
    const std::string name(tokenizer->TokenName(id));
    for (const TokenId found : tokenizer->Encode("a " + name + name + "\n")) {
      EXPECT_FALSE(tokenizer->IsControl(found)) << name;
    }
    EXPECT_EQ(tokenizer->TokenBytes(id), "") << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, TokenizerGoldenTest,
    testing::Values(
        Source{"sp512", "tokenizers/sp512/tokenizer.model"},
        Source{"sp512", "tokenizers/sp512/tokenizer.json"},
        Source{"sp512", "models/llama-tiny/gguf/model-f16.gguf", true},
        Source{"sp1024", "tokenizers/sp1024/tokenizer.model"},
        Source{"sp1024", "tokenizers/sp1024/tokenizer.json"},
        Source{"sp4096", "tokenizers/sp4096/tokenizer.model"},
        Source{"mistral-v3", "tokenizers/mistral-v3/tokenizer.model.v3"},
        Source{"neox1024", "tokenizers/neox1024/tokenizer.json"},
        Source{"neox1024", "models/mamba2-tied/gguf/model-f16.gguf", true},
        Source{"tekken", "tokenizers/tekken/tekken.json"}),
    [](const auto& param_info) {
      std::string name = param_info.param.file;
      for (char& c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      }
      return name;
    });

}  // namespace
}  // namespace krait::engine
