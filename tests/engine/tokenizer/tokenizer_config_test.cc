// SPDX-License-Identifier: Apache-2.0
// tokenizer_config.json beside tokenizer.json.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Path = std::filesystem::path;

class TokenizerConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    std::filesystem::copy_file(
        Path(KRAIT_TEST_DATA) / "tokenizers/neox1024/tokenizer.json",
        directory_ / "tokenizer.json");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Tokenizer> LoadWith(const std::string& config) {
    std::ofstream(directory_ / "tokenizer_config.json") << config;
    auto tokenizer = Tokenizer::FromFile(directory_ / "tokenizer.json");
    EXPECT_TRUE(tokenizer) << tokenizer.error().message;
    return tokenizer ? std::move(*tokenizer) : nullptr;
  }

  const Path directory_ = Path(::testing::TempDir()) / "krait_tokenizer_config";
};

TEST_F(TokenizerConfigTest, IsReadAsPythonReadsIt) {
  const auto tokenizer =
      LoadWith(R"({"model_max_length": 1000000000000000019884624838656,)"
               R"( "max_length": 1e400, "x": [NaN, -Infinity], "y": "\udc00",)"
               R"( "add_bos_token": true, "bos_token": "<|endoftext|>"})");
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_THAT(tokenizer->warnings(), IsEmpty());
  EXPECT_TRUE(tokenizer->special().add_bos);
}

TEST_F(TokenizerConfigTest, ABrokenOneIsPassedOverWithAWarning) {
  const auto tokenizer = LoadWith(R"({"add_bos_token": true, )");
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_THAT(tokenizer->warnings(),
              ElementsAre(HasSubstr("tokenizer_config.json: invalid JSON")));
}

TEST_F(TokenizerConfigTest, AMissingOneIsNoWarning) {
  const auto tokenizer = Tokenizer::FromFile(directory_ / "tokenizer.json");
  ASSERT_TRUE(tokenizer);
  EXPECT_THAT((*tokenizer)->warnings(), IsEmpty());
}

}  // namespace
}  // namespace krait::engine
