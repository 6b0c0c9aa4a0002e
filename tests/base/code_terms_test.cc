// SPDX-License-Identifier: Apache-2.0
#include "base/code_terms.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace krait::base {
namespace {

std::vector<std::string> Terms(std::string_view text) {
  std::vector<std::string> terms;
  ForEachTerm(text, [&](std::string_view term, bool whole) {
    terms.push_back((whole ? "=" : "") + std::string(term));
  });
  return terms;
}

using Strings = std::vector<std::string>;

TEST(CodeTermsTest, CutsNamesIntoTheirWords) {
  EXPECT_EQ(Terms("parseHTTP2Frame"),
            (Strings{"=parsehttp2frame", "pars", "http2", "fram"}));
  EXPECT_EQ(Terms("parse_http2_frame"), Terms("parseHTTP2Frame"));
  EXPECT_EQ(Terms("PARSE_HTTP2_FRAME"), Terms("parseHTTP2Frame"));
  EXPECT_EQ(Terms("HTTPServer"), (Strings{"=httpserver", "http", "server"}));
  EXPECT_EQ(Terms("utf8"), (Strings{"utf8"}));
  EXPECT_EQ(Terms("__init__"), (Strings{"init"}));
  EXPECT_EQ(Terms("base64Encode"),
            (Strings{"=base64encode", "base64", "encod"}));
}

TEST(CodeTermsTest, SingleLettersAndLongNumbersSayNothing) {
  EXPECT_EQ(Terms("i + x_1 = 12345678, 42"), (Strings{"=x1", "42"}));
}

TEST(CodeTermsTest, KnowsOtherScripts) {
  EXPECT_EQ(Terms("größeÄndern"), (Strings{"=größeändern", "größe", "ändern"}));
  EXPECT_EQ(Terms("ПривітСвіт"), (Strings{"=привітсвіт", "привіт", "світ"}));
  // Without spaces between words, by pairs.
  EXPECT_EQ(Terms("读取文件"), (Strings{"读取", "取文", "文件"}));
}

TEST(CodeTermsTest, BrokenTextHasTheTermsOfItsGoodParts) {
  EXPECT_EQ(Terms("abc\xff\xfe_def\xc3"), (Strings{"abc", "def"}));
  EXPECT_EQ(Terms(""), Strings{});
}

TEST(CodeTermsTest, EndingsDoNotCount) {
  for (const auto& same :
       std::vector<Strings>{{"parse", "parses", "parsed", "parsing"},
                            {"copy", "copies", "copied"},
                            {"query", "queries"},
                            {"run", "runs", "running"},
                            {"match", "matched", "matching"},
                            {"class", "classes"},
                            {"value", "values"}}) {
    for (const std::string& word : same) {
      EXPECT_EQ(Stem(word), Stem(same.front())) << word;
    }
  }
  EXPECT_EQ(Stem("status"), "status");
  EXPECT_EQ(Stem("string"), "string");
  EXPECT_EQ(Stem("bus"), "bus");
}

TEST(CodeTermsTest, NoTermIsTooLong) {
  for (const std::string& term : Terms(std::string(500, 'a') + "_bc")) {
    EXPECT_LE(term.size(), kMaxTerm + 1);
  }
}

}  // namespace
}  // namespace krait::base
