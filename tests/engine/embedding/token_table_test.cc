// SPDX-License-Identifier: Apache-2.0
// Tables of token embeddings: model2vec's.

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "tests/engine/embedding/encoder_testing.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

class TokenTableTest : public EncoderTest {
 protected:
  // A table of four tokens with vectors of two numbers.
  void WriteTable(const std::string& header_more = "",
                  const std::vector<double>& weights = {}) const {
    Write("config.json", R"({"model_type": "model2vec", "normalize": true})");
    Write("tokenizer.json",
          R"({"pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {
              "type": "WordPiece", "unk_token": "[UNK]",
              "vocab": {"[UNK]": 0, "a": 1, "b": 2, "##b": 3}}})");
    std::string header =
        R"({"embeddings":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]})";
    if (!weights.empty()) {
      header +=
          R"(,"weights":{"dtype":"F64","shape":[4],"data_offsets":[32,64]})";
    }
    header += header_more + "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    std::string file(8, '\0');
    const uint64_t size = header.size();
    std::memcpy(file.data(), &size, sizeof(size));
    file += header;
    const std::vector<float> rows = {9, 9, 3, 0, 0, 4, 1, 1};
    file.append(reinterpret_cast<const char*>(rows.data()), 32);
    file.append(reinterpret_cast<const char*>(weights.data()),
                weights.size() * sizeof(double));
    Write("model.safetensors", file);
  }

  static void ExpectVector(const std::vector<float>& vector, double x,
                           double y) {
    ASSERT_EQ(vector.size(), 2U);
    EXPECT_NEAR(vector[0], x, 1e-6);
    EXPECT_NEAR(vector[1], y, 1e-6);
  }
};

TEST_F(TokenTableTest, ATextIsTheSumOfItsTokens) {
  WriteTable();
  const auto encoder = TextEncoder::Load(folder_);
  ASSERT_TRUE(encoder) << encoder.error().message;
  EXPECT_EQ((*encoder)->kind(), "token table");
  ExpectVector(Encode(**encoder, "a b"), 0.6, 0.8);
  ExpectVector(Encode(**encoder, "a"), 1, 0);
  // What is unknown says nothing.
  ExpectVector(Encode(**encoder, "a ? b ?"), 0.6, 0.8);
  ExpectVector(Encode(**encoder, "? ?"), 0, 0);
  ExpectVector(Encode(**encoder, ""), 0, 0);
}

TEST_F(TokenTableTest, TokensMayHaveWeights) {
  WriteTable("", {1, 4, 1, 1});
  const auto encoder = TextEncoder::Load(folder_);
  ASSERT_TRUE(encoder) << encoder.error().message;
  const double length = std::sqrt(12.0 * 12 + 4 * 4);
  ExpectVector(Encode(**encoder, "a b"), 12 / length, 4 / length);
}

TEST_F(TokenTableTest, RefusesATableThatIsNone) {
  WriteTable();
  Write("tokenizer.json",
        R"({"pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {
            "type": "WordPiece", "unk_token": "a",
            "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}}})");
  auto encoder = TextEncoder::Load(folder_);
  ASSERT_FALSE(encoder);
  EXPECT_THAT(encoder.error().message, HasSubstr("[5 or more"));
  Write("config.json", "{}");
  encoder = TextEncoder::Load(folder_);
  ASSERT_FALSE(encoder);
  EXPECT_THAT(encoder.error().message, HasSubstr("makes no vectors"));
  EXPECT_FALSE(TextEncoder::Load(folder_ / "none"));
}

}  // namespace
}  // namespace krait::engine
