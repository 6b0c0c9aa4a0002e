// SPDX-License-Identifier: Apache-2.0
#include "lsp/position.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/text.h"
#include "tests/lsp/plain_text.h"

namespace krait::lsp {
namespace {

constexpr PositionEncoding kAll[] = {PositionEncoding::kUtf8,
                                     PositionEncoding::kUtf16,
                                     PositionEncoding::kUtf32};

TEST(PositionTest, PrefersUtf8ThenUtf16) {
  const auto choose = [](std::vector<std::string> offered) {
    return NegotiateEncoding(offered);
  };
  EXPECT_EQ(choose({}), PositionEncoding::kUtf16);
  EXPECT_EQ(choose({"utf-16"}), PositionEncoding::kUtf16);
  EXPECT_EQ(choose({"utf-16", "utf-8"}), PositionEncoding::kUtf8);
  EXPECT_EQ(choose({"utf-32", "utf-16"}), PositionEncoding::kUtf16);
  EXPECT_EQ(choose({"utf-32"}), PositionEncoding::kUtf32);
  EXPECT_EQ(choose({"UTF-8", "ebcdic"}), PositionEncoding::kUtf16);
}

struct Case {
  std::string_view text;
  Position position;
  size_t utf8, utf16, utf32;  // the byte offsets
};

TEST(PositionTest, FindsByteOffsets) {
  const std::vector<Case> cases = {
      {"", {0, 0}, 0, 0, 0},
      {"", {5, 5}, 0, 0, 0},
      {"abc", {0, 2}, 2, 2, 2},
      {"abc", {0, 9}, 3, 3, 3},
      {"abc", {0, 4294967295}, 3, 3, 3},
      {"abc\n", {1, 0}, 4, 4, 4},
      {"abc\n", {0, 4}, 3, 3, 3},  // not over the line break
      {"abc\r\ndef", {0, 9}, 3, 3, 3},
      {"abc\r\ndef", {1, 1}, 6, 6, 6},
      {"abc\rdef", {1, 1}, 5, 5, 5},
      {"a\n\r\n\rb", {1, 3}, 2, 2, 2},
      {"a\n\r\n\rb", {2, 3}, 4, 4, 4},
      {"a\n\r\n\rb", {3, 1}, 6, 6, 6},
      {"a\nb", {4294967295, 0}, 3, 3, 3},
      {"é漢x", {0, 1}, 0, 2, 2},  // 2 + 3 + 1 bytes
      {"é漢x", {0, 2}, 2, 5, 5},
      {"é漢x", {0, 4}, 2, 6, 6},
      {"é漢x", {0, 5}, 5, 6, 6},
      {"\U0001F600x", {0, 1}, 0, 0, 4},  // half of a surrogate pair
      {"\U0001F600x", {0, 2}, 0, 4, 5},
      {"\U0001F600x", {0, 3}, 0, 5, 5},
      {"\U0001F600x", {0, 4}, 4, 5, 5},
      {"\n\U0001F600\U0001F600", {1, 3}, 1, 5, 9},
  };
  for (const Case& c : cases) {
    const Text text(c.text);
    const size_t expected[] = {c.utf8, c.utf16, c.utf32};
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(ToByteOffset(text, c.position, kAll[i]), expected[i])
          << c.text << " " << c.position.line << ":" << c.position.character
          << " " << ToText(kAll[i]);
    }
  }
}

TEST(PositionTest, FindsPositions) {
  const Text text("é\U0001F600x\r\n漢");  // 2 4 1 2 3 bytes
  const auto at = [&text](size_t byte_ofs) {
    return ToPosition(text, byte_ofs, PositionEncoding::kUtf16);
  };
  EXPECT_EQ(at(0), (Position{0, 0}));
  EXPECT_EQ(at(1), (Position{0, 0}));  // inside é
  EXPECT_EQ(at(2), (Position{0, 1}));
  for (size_t inside = 3; inside < 6; ++inside) {
    EXPECT_EQ(at(inside), (Position{0, 1}));
  }
  EXPECT_EQ(at(6), (Position{0, 3}));
  EXPECT_EQ(at(7), (Position{0, 4}));
  EXPECT_EQ(at(8), (Position{0, 4}));  // between "\r" and "\n"
  EXPECT_EQ(at(9), (Position{1, 0}));
  EXPECT_EQ(at(12), (Position{1, 1}));
}

// Long lines of wide characters, so that they cross chunks and blocks.
std::string RandomText(std::mt19937& random, size_t pieces) {
  constexpr std::string_view kPieces[] = {"a",  "é",    "漢", "\U0001F600",
                                          "\n", "\r\n", "\r", "abcdefgh"};
  std::string text;
  for (size_t i = 0; i < pieces; ++i) {
    const bool in_line = random() % 50 != 0;
    text += kPieces[in_line ? random() % 4 : random() % std::size(kPieces)];
  }
  return text;
}

TEST(PositionTest, AgreesWithPlainCounting) {
  std::mt19937 random(7);
  for (const size_t pieces : {10U, 100U, 20000U}) {
    const std::string plain = RandomText(random, pieces);
    const Text text(plain);
    for (const PositionEncoding encoding : kAll) {
      for (int i = 0; i < 100; ++i) {
        const size_t byte_ofs = random() % (plain.size() + 1);
        const Position position = ToPosition(text, byte_ofs, encoding);
        EXPECT_EQ(position, PlainPosition(plain, byte_ofs, encoding));
        const size_t back = ToByteOffset(text, position, encoding);
        EXPECT_EQ(back, PlainByteOffset(plain, position, encoding));
        EXPECT_LE(back, byte_ofs);
        EXPECT_LE(byte_ofs - back, 3U);
      }
    }
  }
}

TEST(PositionTest, HandlesTextThatIsNotUtf8) {
  // Any offset will do for text like this, as long as it is in the line.
  for (const std::string_view bytes :
       {"\x80", "\n\x80\x80\x80\x80\x80\x80", "\xF0", "\xF0\x9F\nx", "\xFF\xFE",
        "a\x80\r\x80\n\xC3"}) {
    const Text text(bytes);
    for (const PositionEncoding encoding : kAll) {
      for (uint32_t line = 0; line < text.num_lines(); ++line) {
        for (uint32_t character = 0; character < 10; ++character) {
          const size_t byte_ofs =
              ToByteOffset(text, {line, character}, encoding);
          EXPECT_GE(byte_ofs, text.LineStart(line));
          EXPECT_LE(byte_ofs, text.LineEnd(line));
        }
      }
      for (size_t byte_ofs = 0; byte_ofs <= text.size(); ++byte_ofs) {
        const Position position = ToPosition(text, byte_ofs, encoding);
        EXPECT_EQ(position.line, text.LineOf(byte_ofs));
        EXPECT_LE(position.character, 2 * bytes.size());
      }
    }
  }
}

}  // namespace
}  // namespace krait::lsp
