// SPDX-License-Identifier: Apache-2.0
#include "lsp/glimpse.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace krait::lsp {
namespace {

TEST(GlimpseTest, SeesWhatABrokenMessageIsAbout) {
  const Glimpse glimpse = GlimpseOf(
      R"({"params":{"contentChanges":[{"text":"\x \"uri\":\"file:///b\"",
          "range":{"start":{"line":0}}}],"textDocument":{"version":3,
          "uri":"file:///a\u00e4"}},"method":"textDocument/didChange",,)");
  EXPECT_EQ(glimpse.method, "textDocument/didChange");
  EXPECT_EQ(glimpse.uri, "file:///a\xC3\xA4");
  EXPECT_FALSE(glimpse.id);
  EXPECT_FALSE(glimpse.is_request());
}

TEST(GlimpseTest, SeesIds) {
  EXPECT_EQ(GlimpseOf(R"({"id":7,"method":"m",)").id, RequestId(int64_t{7}));
  EXPECT_EQ(GlimpseOf(R"({"method":"m","id": 7 })").id, RequestId(int64_t{7}));
  EXPECT_EQ(GlimpseOf(R"({"id":"x"})").id, RequestId("x"));
  EXPECT_FALSE(GlimpseOf(R"({"params":{"id":7}})").id);
  EXPECT_FALSE(GlimpseOf(R"({"id":null})").id);
  EXPECT_TRUE(GlimpseOf(R"({"id":7,"method":"m")").is_request());
}

TEST(GlimpseTest, WhatIsInAListIsNoKey) {
  const Glimpse glimpse =
      GlimpseOf(R"({"a":["method","uri"],"params":["uri","file:///a"]})");
  EXPECT_EQ(glimpse.method, "");
  EXPECT_EQ(glimpse.uri, "");
}

TEST(GlimpseTest, PiecesAreAsTheWhole) {
  const std::string body =
      R"({"jsonrpc":"2.0","method":"textDocument\/didOpen","params":
      {"textDocument":{"uri":"file:///a\"b","text":"\\","languageId":"c"}}})";
  for (size_t piece = 1; piece <= body.size(); ++piece) {
    Skimmer skimmer;
    for (size_t i = 0; i < body.size(); i += piece) {
      skimmer.Feed(std::string_view(body).substr(i, piece));
    }
    const Glimpse glimpse = skimmer.Take();
    EXPECT_EQ(glimpse.method, "textDocument/didOpen") << piece;
    EXPECT_EQ(glimpse.uri, "file:///a\"b") << piece;
    EXPECT_EQ(glimpse.language_id, "c") << piece;
    EXPECT_EQ(glimpse.bytes, body.size());
  }
}

TEST(GlimpseTest, AnythingWillDo) {
  for (const std::string_view body :
       {"", "]", "}}}}", "\"", "{\"", "{\"method\":", ":,:,", "\\\""}) {
    EXPECT_EQ(GlimpseOf(body).method, "") << body;
  }
  std::string deep(100'000, '[');
  EXPECT_EQ(GlimpseOf(deep).bytes, deep.size());
}

}  // namespace
}  // namespace krait::lsp
