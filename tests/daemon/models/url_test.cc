// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/url.h"

#include <gtest/gtest.h>

namespace krait::models {
namespace {

std::string Origin(std::string_view text) {
  const auto url = ParseUrl(text);
  return url ? url->Origin() : "";
}

TEST(UrlTest, TheOriginIsWhoAnswers) {
  EXPECT_EQ(Origin("https://Hub.Example/a?b#c"), "https://hub.example:443");
  EXPECT_EQ(Origin("http://hub.example"), "http://hub.example:80");
  EXPECT_EQ(Origin("https://hub.example:443/"), "https://hub.example:443");
  EXPECT_EQ(Origin("http://[::1]:8080/x"), "http://[::1]:8080");
  EXPECT_NE(Origin("https://hub.example.evil/"), Origin("https://hub.example"));
  EXPECT_EQ(ParseUrl("https://h/a/b?c=d#e")->Text(), "https://h/a/b?c=d");
  EXPECT_EQ(ParseUrl("https://h?x")->Text(), "https://h/?x");
  EXPECT_EQ(ParseUrl("https://h/a?secret")->WithoutQuery(), "https://h/a");
}

TEST(UrlTest, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "h/x", "ftp://h/x", "file:///etc/passwd", "https://", "https:///x",
        "https://user@h/x", "https://hub.example@evil/x", "https://h:0/",
        "https://h:99999/", "https://h:1x/", "https://h/a b", "https://h/\n",
        "https://h\\x/", "https://h/\xC3\xA4", "https://h%00/"}) {
    EXPECT_EQ(Origin(text), "") << text;
  }
  EXPECT_EQ(Origin("https://h/" + std::string(10'000, 'a')), "");
}

TEST(UrlTest, ARedirectionMayBeRelative) {
  const Url from = *ParseUrl("https://h:81/a/b?c");
  const auto to = [&](std::string_view location) {
    const auto url = ResolveUrl(from, location);
    return url ? url->Text() : "";
  };
  EXPECT_EQ(to("https://other/x"), "https://other/x");
  EXPECT_EQ(to("//other/x"), "https://other/x");
  EXPECT_EQ(to("/x?y"), "https://h:81/x?y");
  EXPECT_EQ(to("x"), "https://h:81/a/x");
  EXPECT_EQ(to("/x?y=http://z"), "https://h:81/x?y=http://z");
  EXPECT_EQ(to("javascript:alert(1)"), "");
  EXPECT_EQ(to("ftp://x/"), "");
}

TEST(UrlTest, PathsAreWrittenAndReadAgain) {
  const std::string path = "a b/\xC3\xA4+%?#~.gguf";
  EXPECT_EQ(EncodePath(path), "a%20b/%C3%A4%2B%25%3F%23~.gguf");
  EXPECT_EQ(DecodePath(EncodePath(path)), path);
  EXPECT_EQ(DecodePath("%zz%4"), "%zz%4");
  EXPECT_EQ(FileNameOf(*ParseUrl("https://h/a/b%20c.gguf?d/e")), "b c.gguf");
  EXPECT_EQ(FileNameOf(*ParseUrl("https://h/a/")), "");
}

}  // namespace
}  // namespace krait::models
