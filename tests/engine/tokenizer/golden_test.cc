// SPDX-License-Identifier: Apache-2.0
// Each tokenizer, from each kind of file that holds it, against the ids of its
// reference implementation.
#include <gtest/gtest.h>

#include <algorithm>
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
  bool lacks_bytes = false;  // no tokens for some that UTF-8 never has
};

void PrintTo(const Source& source, std::ostream* out) {
  *out << source.file;
}

std::unique_ptr<Tokenizer> LoadSource(const Source& source) {
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

bool HasBytesOutsideOfUtf8(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xC0 || byte == 0xC1 || byte >= 0xF5;
  });
}

class TokenizerGoldenTest : public testing::TestWithParam<Source> {};

TEST_P(TokenizerGoldenTest, GivesTheIdsOfTheReferenceForValidUtf8) {
  const auto tokenizer = LoadSource(GetParam());
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
  const auto tokenizer = LoadSource(GetParam());
  ASSERT_NE(tokenizer, nullptr);
  for (const GoldenCase& c : LoadGoldenCases(GetParam().name)) {
    EXPECT_EQ(tokenizer->Decode(c.ids), c.decoded)
        << "case " << c.number << " (" << c.category << ")";
  }
}

// The reference replaces bytes that are not UTF-8; krait keeps them. Where
// nothing is to be normalised, decoding gives back the very bytes.
TEST_P(TokenizerGoldenTest, KeepsInvalidUtf8) {
  const auto tokenizer = LoadSource(GetParam());
  ASSERT_NE(tokenizer, nullptr);
  size_t compared = 0;
  for (const GoldenCase& c : LoadGoldenCases(GetParam().name)) {
    if (c.valid_utf8) continue;
    if (GetParam().lacks_bytes && HasBytesOutsideOfUtf8(c.text)) continue;
    EXPECT_EQ(tokenizer->Decode(tokenizer->Encode(c.text)), c.text)
        << "case " << c.number;
    ++compared;
  }
  EXPECT_GE(compared, GetParam().lacks_bytes ? 8u : 20u);
}

TEST_P(TokenizerGoldenTest, NeverMakesControlTokensFromText) {
  const auto tokenizer = LoadSource(GetParam());
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

std::string NameOfSource(const testing::TestParamInfo<Source>& info) {
  std::string name = info.param.file;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
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
    NameOfSource);

// Those of the families of code models, by Hugging Face's file and by GGUF.
INSTANTIATE_TEST_SUITE_P(
    Families, TokenizerGoldenTest,
    testing::Values(
        Source{"families/deepseek-coder",
               "tokenizers/families/deepseek-coder/tokenizer.json", false,
               true},
        Source{"families/deepseek-coder",
               "tokenizers/families/deepseek-coder/vocab.gguf", true, true},
        Source{"families/falcon-h1",
               "tokenizers/families/falcon-h1/tokenizer.json"},
        Source{"families/falcon-h1", "tokenizers/families/falcon-h1/vocab.gguf",
               true},
        Source{"families/granite4",
               "tokenizers/families/granite4/tokenizer.json"},
        Source{"families/granite4", "tokenizers/families/granite4/vocab.gguf",
               true},
        Source{"families/mellum", "tokenizers/families/mellum/tokenizer.json"},
        Source{"families/mellum", "tokenizers/families/mellum/vocab.gguf",
               true},
        Source{"families/qwen2", "tokenizers/families/qwen2/tokenizer.json"},
        Source{"families/qwen2", "tokenizers/families/qwen2/vocab.gguf", true},
        Source{"families/qwen35", "tokenizers/families/qwen35/tokenizer.json"},
        Source{"families/qwen35", "tokenizers/families/qwen35/vocab.gguf",
               true},
        Source{"families/refact", "tokenizers/families/refact/tokenizer.json"},
        Source{"families/refact", "tokenizers/families/refact/vocab.gguf",
               true},
        Source{"families/seed-coder",
               "tokenizers/families/seed-coder/tokenizer.json"},
        Source{"families/seed-coder",
               "tokenizers/families/seed-coder/vocab.gguf", true},
        Source{"families/starcoder2",
               "tokenizers/families/starcoder2/tokenizer.json"},
        Source{"families/starcoder2",
               "tokenizers/families/starcoder2/vocab.gguf", true},
        Source{"families/codellama",
               "tokenizers/families/codellama/tokenizer.model"}),
    NameOfSource);

}  // namespace
}  // namespace krait::engine
