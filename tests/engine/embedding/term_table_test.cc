// SPDX-License-Identifier: Apache-2.0
#include "engine/embedding/term_table.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/embedding/encoder_testing.h"
#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kRowNumbers = 9;  // int32 of a row of 64: two blocks

// A row of Q4_0 that is `times` (of eight or less) at one place, else 0.
std::vector<int32_t> Row(size_t place, unsigned times) {
  std::string bytes(36, '\x88');
  for (const size_t scale : {0U, 18U}) {
    bytes[scale] = 0;
    bytes[scale + 1] = 0x3c;  // 1 as float16
  }
  const size_t block = place / 32;
  const size_t at = block * 18 + 2 + place % 16;
  const unsigned number = 8 - times;
  const bool high = place % 32 >= 16;
  bytes[at] = static_cast<char>(high ? number << 4 | 8U : 0x80U | number);
  std::vector<int32_t> numbers(kRowNumbers);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const auto word =
        static_cast<uint32_t>(numbers[i / 4]) | uint32_t{byte} << 8 * (i % 4);
    numbers[i / 4] = static_cast<int32_t>(word);
  }
  return numbers;
}

// The same with a scale that is no number, or with an infinite one.
std::vector<int32_t> RowOfScale(size_t block, uint16_t float16) {
  std::vector<int32_t> numbers = Row(0, 3);
  // Two blocks of 18 bytes: the first scale is the low half of number 0, the
  // second the high half of number 4.
  const size_t at = block == 0 ? 0 : 4;
  const unsigned shift = block == 0 ? 0 : 16;
  uint32_t word = static_cast<uint32_t>(numbers[at]);
  word &= ~(0xFFFFU << shift);
  word |= uint32_t{float16} << shift;
  numbers[at] = static_cast<int32_t>(word);
  return numbers;
}

class TermTableTest : public EncoderTest {
 protected:
  struct Spec {
    uint32_t dimension = 64;
    uint32_t max_tokens = 4;
    std::string pooling = "log_counted_terms";
    std::vector<std::string> terms = {"read", "file"};
    std::vector<std::vector<int32_t>> rows = {Row(0, 3), Row(50, 4)};
  };

  static std::string File(const Spec& spec) {
    GgufBuilder builder;
    builder.Key<uint32_t>("krait.embedding.dimension", 4, spec.dimension);
    builder.Key<uint32_t>("krait.embedding.max_tokens", 4, spec.max_tokens);
    builder.StringKey("krait.embedding.pooling", spec.pooling);
    builder.ArrayKey("krait.embedding.terms", 8, spec.terms.size());
    for (const std::string& term : spec.terms) builder.String(term);
    builder.ArrayKey("krait.embedding.rows", 5, kRowNumbers * spec.rows.size());
    for (const auto& row : spec.rows) {
      for (const int32_t number : row) builder.Raw(number);
    }
    return builder.Build();
  }

  static std::string Refusal(const Spec& spec) {
    const std::string bytes = File(spec);
    const auto gguf = GgufFile::Parse(bytes, "table.gguf");
    EXPECT_TRUE(gguf);
    EXPECT_TRUE(HasTermTable(**gguf));
    const auto table = LoadTermTable(**gguf);
    EXPECT_FALSE(table);
    return table ? "" : table.error().message;
  }
};

TEST_F(TermTableTest, ATextIsTheSumOfItsTerms) {
  const std::string bytes = File({});
  const auto gguf = GgufFile::Parse(bytes, "table.gguf");
  const auto table = LoadTermTable(**gguf);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ((*table)->kind(), "term table");
  ASSERT_EQ((*table)->dimension(), 64U);
  const auto at = [&](std::string_view text) {
    const std::vector<float> vector = Encode(**table, std::string(text));
    return std::vector<float>{vector[0], vector[50]};
  };
  // The signs are those of Q4_0, whose 8 - n is -n.
  const std::vector<float> once = at("readFile(reads)");
  const double read = 3 * std::log(3.0);
  const double file = 4 * std::log(2.0);
  EXPECT_NEAR(once[0], -read / std::hypot(read, file), 1e-5);
  EXPECT_NEAR(once[1], -file / std::hypot(read, file), 1e-5);
  // What is not in it says nothing; what comes later is cut.
  EXPECT_EQ(at("nothing of this"), (std::vector<float>{0, 0}));
  EXPECT_EQ(at("nothing of this now read"), (std::vector<float>{0, 0}));
  EXPECT_EQ(at(""), (std::vector<float>{0, 0}));
}

TEST_F(TermTableTest, AnotherTableIsAnotherName) {
  const auto fingerprint = [](const Spec& spec) {
    const std::string bytes = File(spec);
    const auto gguf = GgufFile::Parse(bytes, "table.gguf");
    return (*LoadTermTable(**gguf))->fingerprint();
  };
  EXPECT_EQ(fingerprint({}), fingerprint({}));
  EXPECT_NE(fingerprint({}), fingerprint({.rows = {Row(1, 3), Row(50, 4)}}));
  EXPECT_NE(fingerprint({}), fingerprint({.terms = {"read", "write"}}));
}

TEST_F(TermTableTest, WhatIsNoTableIsRefused) {
  EXPECT_THAT(Refusal({.dimension = 0}), HasSubstr("dimension: expected 1 to"));
  EXPECT_THAT(Refusal({.dimension = 96}), HasSubstr("a multiple of 64"));
  EXPECT_THAT(Refusal({.max_tokens = 0}), HasSubstr("max_tokens"));
  EXPECT_THAT(Refusal({.pooling = "token_weighted_mean"}),
              HasSubstr("not supported: krait.embedding.pooling"));
  EXPECT_THAT(Refusal({.terms = {"read"}}),
              HasSubstr("rows: expected 36 bytes of 1 terms"));
  EXPECT_THAT(Refusal({.rows = {Row(0, 3)}}),
              HasSubstr("rows: expected 72 bytes of 2 terms"));
  EXPECT_THAT(Refusal({.dimension = 4'000'000'000}),
              HasSubstr("dimension: expected 1 to"));
  EXPECT_THAT(Refusal({.max_tokens = 4'000'000'000}),
              HasSubstr("max_tokens: expected 1 to 8192"));
  EXPECT_THAT(Refusal({.terms = {}, .rows = {}}), HasSubstr("0 terms"));
  EXPECT_THAT(Refusal({.terms = {"read", "read"}}), HasSubstr("each once"));
}

TEST_F(TermTableTest, WhatIsNoNumberIsRefused) {
  constexpr uint16_t kNaN = 0x7e00;
  constexpr uint16_t kMinusInfinity = 0xfc00;
  EXPECT_THAT(Refusal({.rows = {Row(0, 3), RowOfScale(0, kNaN)}}),
              HasSubstr("rows: expected finite numbers"));
  EXPECT_THAT(Refusal({.rows = {RowOfScale(1, kMinusInfinity), Row(50, 4)}}),
              HasSubstr("rows: expected finite numbers"));
}

TEST_F(TermTableTest, TheDefaultModelsTableFindsWhatIsMeant) {
  const auto encoder = TextEncoder::Load(KRAIT_DEFAULT_MODEL);
  ASSERT_TRUE(encoder) << encoder.error().message;
  EXPECT_EQ((*encoder)->kind(), "term table");
  EXPECT_EQ((*encoder)->dimension(), 128U);
  const std::vector<float> wanted =
      Encode(**encoder, "Opens a file and gives back all of its lines.");
  EXPECT_NEAR(Dot(wanted, wanted), 1, 1e-5);
  const std::vector<float> loads =
      Encode(**encoder,
             "def load(path):\n    with open(path) as f:\n        return "
             "f.readlines()");
  const std::vector<float> adds =
      Encode(**encoder, "int sum(int a, int b) { return a + b; }");
  EXPECT_GT(Dot(wanted, loads), Dot(wanted, adds) + 0.1);
}

}  // namespace
}  // namespace krait::engine
