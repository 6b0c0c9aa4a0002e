// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/typed_through.h"

#include <gtest/gtest.h>

namespace krait::completion {
namespace {

const GivenCompletion kGiven = {
    .request = {.path = "a.py", .before = "x = ", .after = "\n"},
    .text = "foo(1)"};

TEST(TypedThroughTest, GivesTheRestOfWhatWasTyped) {
  EXPECT_EQ(TypedThrough(kGiven, {"a.py", "x = ", "\n"}), "foo(1)");
  EXPECT_EQ(TypedThrough(kGiven, {"a.py", "x = f", "\n"}), "oo(1)");
  EXPECT_EQ(TypedThrough(kGiven, {"a.py", "x = foo(1", "\n"}), ")");
}

TEST(TypedThroughTest, IsNothingForAnythingElse) {
  EXPECT_EQ(TypedThrough(kGiven, {"a.py", "x = foo(1)", "\n"}), std::nullopt);
  EXPECT_EQ(TypedThrough(kGiven, {"a.py", "x = g", "\n"}), std::nullopt);
  EXPECT_EQ(TypedThrough(kGiven, {"a.py", "x =", "\n"}), std::nullopt);
  EXPECT_EQ(TypedThrough(kGiven, {"a.py", "y = f", "\n"}), std::nullopt);
  EXPECT_EQ(TypedThrough(kGiven, {"a.py", "x = f", ")\n"}), std::nullopt);
  EXPECT_EQ(TypedThrough(kGiven, {"b.py", "x = f", "\n"}), std::nullopt);
}

TEST(TypedThroughTest, LineEndsAreThoseOfTheDocument) {
  const GivenCompletion given = {
      .request = {.path = "", .before = "a\r\nx:", .after = "\r\n"},
      .text = "\n  one\n  two"};
  EXPECT_EQ(TypedThrough(given, {"", "a\r\nx:\r\n  o", "\r\n"}), "ne\n  two");
  EXPECT_EQ(TypedThrough(given, {"", "a\r\nx:\r\n  one\r\n  t", "\r\n"}), "wo");
  EXPECT_EQ(TypedThrough(given, {"", "a\r\nx:\r\n o", "\r\n"}), std::nullopt);
}

TEST(TypedThroughTest, ComparesLongContextsByTheirEnds) {
  const std::string line(100, 'y');
  std::string text;
  for (int i = 0; i < 100; ++i) text += line + "\n";
  const GivenCompletion given = {
      .request = {.path = "", .before = text, .after = ""}, .text = "ab"};
  // The window slides by what was typed.
  EXPECT_EQ(TypedThrough(given, {"", text.substr(1) + "a", ""}), "b");
}

}  // namespace
}  // namespace krait::completion
