// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/model_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace krait::models {
namespace {

const Url& Hub() {
  static const auto* const hub = new Url(*ParseUrl("https://hub.example"));
  return *hub;
}

ModelSource Parse(std::string_view text) {
  const auto source = ParseModelSource(text, Hub());
  if (source) return *source;
  ADD_FAILURE() << source.error().message;
  return RecommendedSource{};
}

TEST(ModelSourceTest, HubNames) {
  EXPECT_EQ(Parse("hf:o/r"), ModelSource(HubSource{.repo = "o/r"}));
  EXPECT_EQ(Parse("hf:o/r:Q8_0"),
            ModelSource(HubSource{.repo = "o/r", .quant = "Q8_0"}));
  EXPECT_EQ(
      Parse("hf:o/r@v1:Q8_0"),
      ModelSource(HubSource{.repo = "o/r", .revision = "v1", .quant = "Q8_0"}));
  EXPECT_EQ(Parse("hf:o/r/sub/m.gguf"),
            ModelSource(HubSource{.repo = "o/r", .file = "sub/m.gguf"}));
  EXPECT_EQ(Parse("hf:o/r/m.gguf@abc"),
            ModelSource(
                HubSource{.repo = "o/r", .revision = "abc", .file = "m.gguf"}));
}

TEST(ModelSourceTest, OllamaNames) {
  EXPECT_EQ(Parse("ollama:m"), ModelSource(OllamaSource{.name = "library/m"}));
  EXPECT_EQ(Parse("ollama:m:1b"),
            ModelSource(OllamaSource{.name = "library/m", .tag = "1b"}));
  EXPECT_EQ(Parse("ollama:user/m"),
            ModelSource(OllamaSource{.name = "user/m"}));
  EXPECT_EQ(Parse("ollama:h:5000/user/m:x"),
            ModelSource(
                OllamaSource{.host = "h:5000", .name = "user/m", .tag = "x"}));
}

TEST(ModelSourceTest, UrlsAndWords) {
  EXPECT_EQ(Parse("https://x/m.gguf"),
            ModelSource(*ParseUrl("https://x/m.gguf")));
  const ModelSource file =
      HubSource{.repo = "o/r", .revision = "main", .file = "a/m.gguf"};
  EXPECT_EQ(Parse("https://hub.example/o/r/resolve/main/a/m.gguf?download=1"),
            file);
  EXPECT_EQ(Parse("https://hub.example/o/r/blob/main/a/m.gguf"), file);
  EXPECT_EQ(Parse("https://hub.example/o/r/tree/main"),
            ModelSource(*ParseUrl("https://hub.example/o/r/tree/main")));
  EXPECT_EQ(Parse("granite-350m"),
            ModelSource(RecommendedSource{"granite-350m"}));
}

TEST(ModelSourceTest, WhatIsNoneIsRefused) {
  for (const char* text : {"",
                           "hf:",
                           "hf:o",
                           "hf:o/",
                           "hf:/r",
                           "hf:../r",
                           "hf:o/..",
                           "hf:.o/r",
                           "hf:-o/r",
                           "hf:o/r/../x",
                           "hf:o/r//x",

                           "hf:o/r:",
                           "hf:o/r:a/b",
                           "hf:o/r:a:b",
                           "hf:o/r@",
                           "hf:o/r@../x",
                           "hf:o/r/m.gguf:Q8",
                           "hf:o r/x",
                           "ollama:",
                           "ollama:a/b/c/d",
                           "ollama:..",
                           "ollama:m:../x",
                           "ollama:h@x/a/b",
                           "./m.gguf",
                           "a b",
                           "https://"}) {
    EXPECT_FALSE(ParseModelSource(text, Hub())) << text;
  }
}

}  // namespace
}  // namespace krait::models
