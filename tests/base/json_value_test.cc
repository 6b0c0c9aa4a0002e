// SPDX-License-Identifier: Apache-2.0
#include "base/json_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace krait::base {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

// Why `T` cannot be read from a text; "" if it can.
template <class T>
std::string WhyNot(std::string_view text, T* out) {
  const auto document = JsonDocument::Parse(text);
  if (!document) return document.error().message;
  const auto read = FromJson(document->root(), out);
  return read ? "" : read.error().message;
}

TEST(JsonDocumentTest, SaysWhatIsWrongWithTheText) {
  for (const std::string text : {"", "{", "[1,]", "\xff", "{\"a\": 1} x"}) {
    const auto document = JsonDocument::Parse(text);
    ASSERT_FALSE(document.has_value()) << text;
    EXPECT_EQ(document.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(document.error().message, StartsWith(": not valid JSON: "));
  }
}

TEST(JsonDocumentTest, IsNotNestedWithoutBounds) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(JsonDocument::Parse(nested(JsonDocument::kMaxDepth - 1)));
  EXPECT_FALSE(JsonDocument::Parse(nested(JsonDocument::kMaxDepth + 1)));
  EXPECT_FALSE(JsonDocument::Parse(nested(1'000'000)));
}

TEST(JsonDocumentTest, LivesWithoutItsText) {
  std::string text = R"({"a": "b"})";
  auto document = JsonDocument::Parse(text);
  ASSERT_TRUE(document);
  text.assign(text.size(), 'x');
  const JsonDocument moved = *std::move(document);
  std::string a;
  EXPECT_TRUE(ObjectReader(moved.root()).Require("a", &a).status());
  EXPECT_EQ(a, "b");
}

TEST(JsonValueTest, NumbersBeyondATypeAreItsEnd) {
  int32_t small = 0;
  EXPECT_EQ(WhyNot("3.0", &small), "");
  EXPECT_EQ(small, 3);
  EXPECT_EQ(WhyNot("-1e30", &small), "");
  EXPECT_EQ(small, std::numeric_limits<int32_t>::min());
  uint32_t natural = 7;
  EXPECT_EQ(WhyNot("-1", &natural), "");
  EXPECT_EQ(natural, 0U);
  EXPECT_EQ(WhyNot("1.5", &small), ": expected an integer, got the number 1.5");
  double real = 0;
  EXPECT_EQ(WhyNot("2", &real), "");
  EXPECT_EQ(real, 2.0);
  EXPECT_EQ(WhyNot("\"2\"", &real), ": expected a number, got a string");
}

TEST(JsonValueTest, WhatIdentifiesIsExactOrRefused) {
  const auto document = JsonDocument::Parse("[9007199254740992, 1e17]");
  ASSERT_TRUE(document);
  std::vector<JsonValue> values;
  ASSERT_TRUE(FromJson(document->root(), &values));
  int64_t id = 0;
  EXPECT_TRUE(ReadExact(values[0], &id));
  EXPECT_EQ(id, int64_t{1} << 53);
  EXPECT_FALSE(ReadExact(values[1], &id));
  EXPECT_FALSE(ReadExact(JsonValue(), &id));
}

TEST(ObjectReaderTest, NamesTheWayToAMistake) {
  const auto document =
      JsonDocument::Parse(R"({"a": {"list": ["x", {}]}, "b": null})");
  ASSERT_TRUE(document);
  std::vector<std::string> list;
  const auto read =
      ObjectReader(document->root())
          .RequireObject("a",
                         [&](ObjectReader& a) { a.Require("list", &list); })
          .status();
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message,
            ".a.list[1]: expected a string, got an object");
  EXPECT_EQ(InText("f.json", read.error()).message,
            "f.json: a.list[1]: expected a string, got an object");
}

TEST(ObjectReaderTest, OptionalFieldsMayBeMissingOrNull) {
  const auto document = JsonDocument::Parse(R"({"b": null})");
  ASSERT_TRUE(document);
  std::string a = "as it was";
  std::string b = "as it was";
  ObjectReader reader(document->root());
  EXPECT_TRUE(reader.Optional("a", &a).Optional("b", &b).status());
  EXPECT_EQ(a + b, "as it wasas it was");
  EXPECT_EQ(reader.Require("a", &a).status().error().message,
            ".a: expected a string, got nothing");
}

TEST(ObjectReaderTest, GoesThroughAllFields) {
  const auto document = JsonDocument::Parse(R"({"x": 1, "y": "z"})");
  ASSERT_TRUE(document);
  std::vector<std::string> seen;
  ObjectReader(document->root())
      .ForEach([&](std::string_view key, const JsonValue& value) {
        seen.push_back(std::string(key) + "=" + value.ToText());
      });
  EXPECT_THAT(seen, ElementsAre("x=1", "y=\"z\""));
}

TEST(ObjectReaderTest, AnEmptyArrayIsAnObjectOfLua) {
  const auto empty = JsonDocument::Parse("[]");
  const auto full = JsonDocument::Parse("[1]");
  ASSERT_TRUE(empty && full);
  EXPECT_TRUE(ObjectReader(empty->root()).status());
  EXPECT_FALSE(ObjectReader(full->root()).status());
}

}  // namespace
}  // namespace krait::base
