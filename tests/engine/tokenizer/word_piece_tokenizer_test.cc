// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/word_piece_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/json_file.h"
#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kWords =
    R"json({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "un": 3, "##aff": 4, "##able": 5,
        "cafe": 6, "(": 7, ")": 8, "a": 9, "##a": 10, "漢": 11, "字": 12,
        "_": 13, "Cafe": 14, "[": 15, "]": 16, "cl": 17, "##s": 18})json";

std::string Json(std::string_view normalizer = R"("lowercase": true)",
                 std::string_view model = R"("type": "WordPiece")") {
  return std::string(R"({"normalizer": {"type": "BertNormalizer", )")
      .append(normalizer)
      .append(R"(}, "pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {)")
      .append(model)
      .append(R"(, "unk_token": "[UNK]", "vocab": )")
      .append(kWords)
      .append("}}");
}

Result<std::unique_ptr<Tokenizer>> Parse(const std::string& text) {
  const auto json = JsonFile::Parse(text, "words.json", JsonDialect::kPython);
  if (!json) return json.error();
  return ParseWordPieceJson((*json)->root());
}

void ExpectIds(const Tokenizer& tokenizer, std::string_view text,
               const std::vector<TokenId>& ids) {
  EXPECT_EQ(tokenizer.Encode(text), ids) << text;
}

TEST(WordPieceTokenizerTest, TakesTheLongestPiecesFromTheBeginOfEachWord) {
  const auto tokenizer = Parse(Json());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  ExpectIds(**tokenizer, "Unaffable", {3, 4, 5});
  ExpectIds(**tokenizer, " a(un_a)\n\taa ", {9, 7, 3, 13, 9, 8, 9, 10});
  ExpectIds(**tokenizer, "", {});
  EXPECT_EQ((*tokenizer)->Decode(std::vector<TokenId>{3, 4, 5, 9}),
            "unaffable a");
}

TEST(WordPieceTokenizerTest, WhatIsNoPieceMakesItsWordUnknown) {
  const auto tokenizer = Parse(Json());
  ASSERT_TRUE(tokenizer);
  ExpectIds(**tokenizer, "unaffx a", {0, 9});
  ExpectIds(**tokenizer, std::string(101, 'a'), {0});
  EXPECT_EQ((*tokenizer)->Encode(std::string(100, 'a')).size(), 100U);
}

TEST(WordPieceTokenizerTest, NormalisesAsTheFileSays) {
  const auto lower = Parse(Json());
  ASSERT_TRUE(lower);
  ExpectIds(**lower, "CAF\u00C9 cafe\u0301", {6, 6});
  ExpectIds(**lower, "\u6F22\u5B57a", {11, 12, 9});
  ExpectIds(**lower,
            std::string_view("c\0a\x01"
                             "fe\u200B",
                             9),
            {6});
  const auto cased = Parse(Json(R"("lowercase": false)"));
  ASSERT_TRUE(cased);
  ExpectIds(**cased, "Cafe cafe CAFE", {14, 6, 0});
  ExpectIds(**cased, "caf\u00E9", {0});
}

TEST(WordPieceTokenizerTest, TextNeverBecomesAControlToken) {
  const auto tokenizer = Parse(Json());
  ASSERT_TRUE(tokenizer);
  ExpectIds(**tokenizer, "[CLS]", {15, 17, 18, 16});
  EXPECT_EQ((*tokenizer)->special().bos, 1U);
  EXPECT_EQ((*tokenizer)->special().eos, 2U);
  EXPECT_EQ((*tokenizer)->special().unknown, 0U);
}

TEST(WordPieceTokenizerTest, BytesThatAreNoTextAreLeftOut) {
  const auto tokenizer = Parse(Json());
  ASSERT_TRUE(tokenizer);
  ExpectIds(**tokenizer, "a\xFF\xC3 \xF0\x9F", {9});
}

TEST(WordPieceTokenizerTest, ReadsGgufWhereTheBeginsAreMarked) {
  const std::initializer_list<std::string_view> names = {
      "[UNK]", "[CLS]", "[SEP]", "\u2581un", "aff", "able", "\u2581a"};
  GgufBuilder builder;
  builder.StringKey("tokenizer.ggml.model", "bert");
  builder.ArrayKey("tokenizer.ggml.tokens", 8, names.size());
  for (const std::string_view name : names) builder.String(name);
  builder.Key<uint32_t>("tokenizer.ggml.seperator_token_id", 4, 2);
  const std::string bytes = builder.Build();
  const auto gguf = GgufFile::Parse(bytes, "words.gguf");
  ASSERT_TRUE(gguf) << gguf.error().message;
  const auto tokenizer = Tokenizer::FromGguf(**gguf);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  ExpectIds(**tokenizer, "Unaffable a un aff", {3, 4, 5, 6, 3, 0});
  EXPECT_EQ((*tokenizer)->special().bos, 1U);
}

TEST(WordPieceTokenizerTest, RefusesWithASentenceThatNamesTheField) {
  const std::pair<std::string, std::string> wrong[] = {
      {Json(R"("lowercase": 1)"), "'normalizer.lowercase'"},
      {Json(R"("type": "NFC")"), "normalizer.type NFC"},
      {Json("\"lowercase\": true", R"("continuing_subword_prefix": "@@")"),
       "continuing_subword_prefix"},
      {R"({"model": {"vocab": {"a": 1}}})", "'model.vocab.a'"},
      {R"({"model": {"vocab": {}}})", "'model.vocab'"},
      {R"({"model": {"vocab": {"a": 0, "b": 0}}})", "'model.vocab.b'"},
      {R"({"model": {"vocab": {"a": 0}}})", "pre_tokenizer.type"},
      {R"({"model": 1})", "'model'"},
  };
  for (const auto& [text, part] : wrong) {
    const auto tokenizer = Parse(text);
    ASSERT_FALSE(tokenizer) << text;
    EXPECT_THAT(tokenizer.error().message, HasSubstr("words.json"));
    EXPECT_THAT(tokenizer.error().message, HasSubstr(part));
  }
}

}  // namespace
}  // namespace krait::engine
