// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/unicode.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>

#include "base/utf8.h"
#include "engine/tokenizer/nfc.h"
#include "tests/cpu_clock.h"

namespace krait::engine {
namespace {

TEST(UnicodeTest, DecodesEveryCodePointThatItWrites) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    AppendUtf8(code, &text);
    const Utf8Char c = DecodeUtf8(text, 0);
    ASSERT_TRUE(c.valid);
    ASSERT_EQ(c.code, code);
    ASSERT_EQ(c.size, text.size());
  }
}

TEST(UnicodeTest, RefusesOverlongFormsSurrogatesAndTooLargeCodes) {
  for (const std::string text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
        "\xC3", "\xE2\x82", "\xE2(\x80", "\xF0\x9F\x98"}) {
    const Utf8Char c = DecodeUtf8(text, 0);
    EXPECT_FALSE(c.valid);
    EXPECT_EQ(c.size, 1u);
    EXPECT_FALSE(base::IsUtf8(text));
  }
}

TEST(UnicodeTest, FindsTheIncompleteTail) {
  EXPECT_EQ(IncompleteUtf8Tail(""), 0u);
  EXPECT_EQ(IncompleteUtf8Tail("a"), 0u);
  EXPECT_EQ(IncompleteUtf8Tail("é"), 0u);
  EXPECT_EQ(IncompleteUtf8Tail("a\xC3"), 1u);
  EXPECT_EQ(IncompleteUtf8Tail("a\xE2\x82"), 2u);
  EXPECT_EQ(IncompleteUtf8Tail("a\xF0\x9F\x98"), 3u);
  EXPECT_EQ(IncompleteUtf8Tail("\xED\xA0"), 0u);  // would be a surrogate
  EXPECT_EQ(IncompleteUtf8Tail("\x80\x80\x80"), 0u);
}

TEST(UnicodeTest, FlagsCharacters) {
  EXPECT_EQ(FlagsOf('a'), kLetterFlag | kLowerFlag);
  EXPECT_EQ(FlagsOf('A'), kLetterFlag | kUpperFlag);
  EXPECT_EQ(FlagsOf(U'日'), kLetterFlag | kUpperFlag | kLowerFlag);
  EXPECT_EQ(FlagsOf('7'), kNumberFlag);
  EXPECT_EQ(FlagsOf(U'½'), kNumberFlag);
  EXPECT_EQ(FlagsOf('\n'), kSpaceFlag | kNewlineFlag);
  EXPECT_EQ(FlagsOf(0x3000), kSpaceFlag);
  EXPECT_EQ(FlagsOf('_'), kPunctuationFlag);
  EXPECT_EQ(FlagsOf('+'), 0);
  EXPECT_EQ(FlagsOf(0x301), kUpperFlag | kLowerFlag);
  EXPECT_EQ(FlagsOf(0x1D400), kLetterFlag | kUpperFlag);
}

// utf8proc's own composition of whole strings is right, only slow at worst.
std::string WithUtf8proc(const std::string& text) {
  utf8proc_uint8_t* out = nullptr;
  const auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &out,
      static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  const std::string result(reinterpret_cast<char*>(out),
                           static_cast<size_t>(size));
  std::free(out);
  return result;
}

TEST(NfcTest, EqualsUtf8procOnRandomText) {
  std::mt19937 random(7);
  const char32_t interesting[] = {'a',    'e',    '\n',   ' ',    0x300,
                                  0x301,  0x316,  0x327,  0x1100, 0x1161,
                                  0x11A8, 0xAC00, 0x212B, 0xFB1D, 0x0958,
                                  0x1E9B, 0x323,  0x2ADC, 0x1D15E};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t n = random() % 20; n > 0; --n) {
      char32_t code = interesting[random() % std::size(interesting)];
      if (random() % 8 == 0) code = static_cast<char32_t>(random() % 0xD800);
      if (code == 0) continue;
      AppendUtf8(code, &text);
    }
    ASSERT_EQ(NormalizeNfc(text), WithUtf8proc(text));
  }
}

TEST(NfcTest, KeepsBytesThatAreNotUtf8) {
  EXPECT_EQ(NormalizeNfc("e\xCC\x81\xFF\xCC\x81"), "é\xFF\xCC\x81");
  EXPECT_EQ(NormalizeNfc("e\xCC"), "e\xCC");
}

TEST(NfcTest, TakesNearLinearTimeForARunOfMarks) {
  std::string text = "e";
  while (text.size() < (1 << 20)) text += "\xCC\x81\xCC\x96";  // 230, 220
  const auto start = CpuClock::now();
  EXPECT_EQ(NormalizeNfc(text).size(), text.size() - 1);
  const std::chrono::duration<double> seconds = CpuClock::now() - start;
  EXPECT_LT(seconds.count(), 10.0);
}

}  // namespace
}  // namespace krait::engine
