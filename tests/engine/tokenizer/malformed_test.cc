// SPDX-License-Identifier: Apache-2.0
// Broken tokenizer files: each must be refused with a sentence that names the
// file, or load, as tests/data/malformed/manifest.json says; quickly, and
// without a crash, also when a file that loads is then used.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>
#include <string>

#include "engine/file/gguf.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/tokenizer_bytes.h"
#include "tests/cpu_clock.h"

namespace krait::engine {
namespace {

const std::string kFolder = std::string(KRAIT_TEST_DATA) + "/malformed/";

void Use(const Tokenizer& tokenizer) {
  const std::vector<TokenId> ids =
      tokenizer.Encode("def f(x):\n\treturn  x + 1 \xFF é aaaaaaab<s>");
  (void)tokenizer.Decode(ids);
  for (const TokenId id : ids) EXPECT_LT(id, tokenizer.vocab_size());
  for (const auto& role :
       {tokenizer.special().bos, tokenizer.special().eos,
        tokenizer.special().unknown, tokenizer.special().fim_prefix}) {
    EXPECT_LT(role.value_or(0), tokenizer.vocab_size());
  }
}

TEST(MalformedTokenizerTest, RefusesOrLoadsAsTheManifestSays) {
  simdjson::dom::parser parser;
  size_t checked = 0;
  for (const auto entry :
       simdjson::dom::array(parser.load(kFolder + "manifest.json"))) {
    const std::string file{std::string_view(entry["file"])};
    const std::string_view expect = entry["expect"];
    if (!file.starts_with("tokenizers/")) continue;
    const auto start = CpuClock::now();
    const auto tokenizer = Tokenizer::FromFile(kFolder + file);
    const std::chrono::duration<double, std::milli> took =
        CpuClock::now() - start;
    EXPECT_LT(took.count(), 500.0) << file;  // 50 without sanitizers
    if (expect == "error") {
      EXPECT_FALSE(tokenizer) << file;
    }
    if (expect == "loads") {
      EXPECT_TRUE(tokenizer) << tokenizer.error().message;
    }
    if (tokenizer) {
      Use(**tokenizer);
    } else {
      EXPECT_NE(tokenizer.error().message.find(file), std::string::npos)
          << tokenizer.error().message;
      EXPECT_LT(tokenizer.error().message.size(), 600u);
    }
    ++checked;
  }
  EXPECT_GE(checked, 40u);
}

// Of the broken GGUF files, those whose tokenizer keys are wrong. The others
// may well have a good tokenizer; none may crash.
TEST(MalformedTokenizerTest, RefusesBrokenGgufKeys) {
  for (const char* file :
       {"vocab-missing", "vocab-tokens-array-of-int", "vocab-tokens-is-string",
        "vocab-empty", "scores-too-few", "scores-nan",
        "token-type-out-of-range", "tokenizer-model-unknown",
        "tokenizer-model-missing", "merges-missing", "merges-no-space",
        "merges-unknown-tokens", "vocab-duplicate-token-text",
        "vocab-byte-token-malformed", "vocab-token-invalid-utf8"}) {
    const auto gguf = GgufFile::Open(kFolder + "gguf/" + file + ".gguf");
    ASSERT_TRUE(gguf) << file << ": " << gguf.error().message;
    const auto tokenizer = Tokenizer::FromGguf(**gguf);
    ASSERT_FALSE(tokenizer) << file;
    EXPECT_NE(tokenizer.error().message.find(file), std::string::npos);
    EXPECT_NE(tokenizer.error().message.find("tokenizer.ggml."),
              std::string::npos)
        << tokenizer.error().message;
  }
}

TEST(MalformedTokenizerTest, SurvivesEveryBrokenGguf) {
  simdjson::dom::parser parser;
  for (const auto entry :
       simdjson::dom::array(parser.load(kFolder + "manifest.json"))) {
    const std::string file{std::string_view(entry["file"])};
    if (!file.starts_with("gguf/")) continue;
    const auto gguf = GgufFile::Open(kFolder + file);
    if (!gguf) continue;
    const auto tokenizer = Tokenizer::FromGguf(**gguf);
    if (tokenizer) Use(**tokenizer);
  }
}

TEST(MalformedTokenizerTest, NamesAnUnknownPreTokenizer) {
  const auto tokenizer = TokenizerFromBytes(
      R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[]},
          "pre_tokenizer":{"type":"Split","pattern":{"Regex":"x+"},
                           "behavior":"Isolated"}})",
      "t.json");
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(tokenizer.error().message.find(
                "not supported yet: pre-tokenizer Split, pattern x+"),
            std::string::npos)
      << tokenizer.error().message;
}

// A prefix of a good file is never good, and never fatal.
TEST(MalformedTokenizerTest, RefusesEveryTruncation) {
  for (const char* file : {"tokenizers/00-control-valid-mini.model",
                           "tokenizers/00-control-valid.json"}) {
    const auto whole = MappedFile::Open(kFolder + file);
    ASSERT_TRUE(whole);
    const std::string_view bytes = whole->bytes();
    for (size_t size = 0; size + 1 < bytes.size(); size += 7) {
      const auto tokenizer = TokenizerFromBytes(bytes.substr(0, size), file);
      if (tokenizer) Use(**tokenizer);
      EXPECT_FALSE(tokenizer) << file << " cut to " << size;
    }
  }
}

}  // namespace
}  // namespace krait::engine
