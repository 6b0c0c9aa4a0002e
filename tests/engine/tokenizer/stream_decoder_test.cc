// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/stream_decoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/utf8.h"
#include "engine/tokenizer/sentencepiece_tables.h"
#include "engine/tokenizer/unicode.h"
#include "tests/engine/tokenizer/golden_cases.h"

namespace krait::engine {
namespace {

class StreamDecoderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = Tokenizer::FromFile(std::string(KRAIT_TEST_DATA) +
                                      "/tokenizers/sp512/tokenizer.model");
    ASSERT_TRUE(loaded) << loaded.error().message;
    tokenizer_ = std::move(*loaded);
  }

  TokenId Byte(unsigned value) const {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", value);
    return tokenizer_->FindToken(name).value();
  }

  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(StreamDecoderTest, HoldsBackTheBytesOfAnUnfinishedCharacter) {
  StreamDecoder decoder(*tokenizer_);
  EXPECT_EQ(decoder.Push(Byte(0xF0)), "");
  EXPECT_EQ(decoder.Push(Byte(0x9F)), "");
  EXPECT_EQ(decoder.Push(Byte(0x98)), "");
  EXPECT_EQ(decoder.num_held_bytes(), 3u);
  EXPECT_EQ(decoder.Push(Byte(0x80)), "\xF0\x9F\x98\x80");
  EXPECT_EQ(decoder.num_held_bytes(), 0u);
  EXPECT_EQ(decoder.Finish(), "");
}

TEST_F(StreamDecoderTest, ReplacesWhatIsNeverCompletedAtTheEnd) {
  StreamDecoder decoder(*tokenizer_);
  EXPECT_EQ(decoder.Push(Byte(0xE2)), "");
  EXPECT_EQ(decoder.Push(Byte(0x96)), "");
  EXPECT_EQ(decoder.Finish(), "\xEF\xBF\xBD");
  EXPECT_EQ(decoder.Push(Byte('a')), "a");  // it starts anew
}

TEST_F(StreamDecoderTest, ReplacesWhatCanNoLongerBeCompleted) {
  StreamDecoder decoder(*tokenizer_);
  EXPECT_EQ(decoder.Push(Byte(0xE2)), "");
  EXPECT_EQ(decoder.Push(Byte('a')),
            "\xEF\xBF\xBD"
            "a");
  EXPECT_EQ(decoder.Push(Byte(0x80)), "\xEF\xBF\xBD");
  EXPECT_EQ(decoder.Push(Byte(0xC0)), "\xEF\xBF\xBD");
}

TEST_F(StreamDecoderTest, KeepsTheLeadingSpaceAndHidesControlTokens) {
  StreamDecoder decoder(*tokenizer_);
  const std::vector<TokenId> ids = tokenizer_->Encode("in");
  std::string text = decoder.Push(1);
  for (const TokenId id : ids) text += decoder.Push(id);
  EXPECT_EQ(text, " in");
}

TEST_F(StreamDecoderTest, GivesTheWholeTextPieceByPiece) {
  for (const GoldenCase& c : LoadGoldenCases("sp512")) {
    StreamDecoder decoder(*tokenizer_);
    std::string text;
    for (const TokenId id : tokenizer_->Encode(c.text, DummyPrefix::kNone)) {
      const std::string piece = decoder.Push(id);
      ASSERT_TRUE(base::IsUtf8(piece)) << c.number;
      ASSERT_LE(decoder.num_held_bytes(), 3u);
      text += piece;
    }
    text += decoder.Finish();
    // U+2581 in text reads as a space, as in SentencePiece.
    const std::string wanted = WithSpaces(ReplaceInvalidUtf8(c.text));
    EXPECT_EQ(text, wanted) << c.number;
  }
}

TEST(ReplaceInvalidUtf8Test, ReplacesEachLongestBeginningOfACharacter) {
  const std::string kBad = "\xEF\xBF\xBD";
  EXPECT_EQ(ReplaceInvalidUtf8("aé日😀"), "aé日😀");
  EXPECT_EQ(ReplaceInvalidUtf8("\xF0\x9F\x98"), kBad);
  EXPECT_EQ(ReplaceInvalidUtf8("\xF0\x9F(\xE2\x82"), kBad + "(" + kBad);
  EXPECT_EQ(ReplaceInvalidUtf8("\xED\xA0\x80"), kBad + kBad + kBad);
  EXPECT_EQ(ReplaceInvalidUtf8("\xC0\xAF"), kBad + kBad);
  EXPECT_EQ(ReplaceInvalidUtf8("\xF4\x90\x80\x80"), kBad + kBad + kBad + kBad);
}

}  // namespace
}  // namespace krait::engine
