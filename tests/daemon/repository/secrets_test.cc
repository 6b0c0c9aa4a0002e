// SPDX-License-Identifier: Apache-2.0
//
// What is written here is put together at run time: or else this file would not
// be indexed itself.
#include "daemon/repository/secrets.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace krait::repository {
namespace {

// 64 letters and digits that differ.
const std::string kRandom =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01";

std::string Key(const std::string& line_break) {
  return "-----BEGIN " + std::string("PRIVATE KEY-----") + line_break +
         kRandom.substr(0, 40) + line_break + kRandom.substr(0, 40) +
         line_break;
}

TEST(SecretsTest, AreToldByTheirForm) {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {Key("\n"), "a private key"},
      {Key("\r\n"), "a private key"},
      // A service account's file.
      {"{\"private_key\": \"" + Key("\\n") + "\"}", "a private key"},
      {"PuTTY-User-Key-" + std::string("File-3: ssh-ed25519\nComment: a\n") +
           "Private-Lines: 1\n" + kRandom + "\n",
       "a private key"},
      {"token: ey" + std::string("JhbGciOiJIUzI1NiJ9") + ".ey" +
           "JzdWIiOiIxMjM0NTY3ODkwIn0." + kRandom.substr(0, 43),
       "a JSON web token"},
      {"root:" + std::string("$6$") + "salt$" + kRandom + ":19000:0:99999:7:::",
       "hashes of passwords"},
      {"daemon:*:1:\nme:" + std::string("$y$") + "j9T$" + kRandom + ":1:",
       "hashes of passwords"},
      {"admin:" + std::string("$apr1$") + "abc$" + kRandom.substr(0, 22),
       "hashes of passwords"},
      {"a = 'sk-" + std::string("ant-") + kRandom + "'", "a key of Anthropic"},
      {"a = 'pypi-" + std::string("AgE") + kRandom + "'", "a token of PyPI"},
      {"GH=ghu" + std::string("_") + kRandom.substr(0, 36),
       "a token of GitHub"},
      {"AGE-SECRET-" + std::string("KEY-1") +
           "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJ",
       "a key of age"},
  };
  for (const auto& [text, name] : texts) EXPECT_EQ(FindSecret(text), name);
}

// The letters before it would be of it.
TEST(SecretsTest, ATokenBeginsWhereItsLettersDo) {
  const std::string token = "npm" + std::string("_") + kRandom.substr(0, 36);
  for (const char before : {'\n', '"', '=', '.', '/'}) {
    EXPECT_EQ(FindSecret(before + token), "a token of npm");
  }
  for (const char before : {'a', '_', '-', '7'}) {
    EXPECT_EQ(FindSecret(before + token), "");
  }
  EXPECT_EQ(FindSecret(token.substr(0, token.size() - 1)), "");
  // Letters that its alphabet does not have end it.
  EXPECT_EQ(FindSecret("AKIA" + std::string("0123456789ABCDEF-x")),
            "an access key of AWS");
  EXPECT_EQ(FindSecret("AKIA" + std::string("0123456789ABCDE-x")), "");
}

TEST(SecretsTest, WhatOnlySpeaksOfThemIsNone) {
  for (const std::string text :
       {"it begins with -----BEGIN PRIVATE KEY-----", "eyJ.eyJ.x",
        "root:x:0:0:root:/root:/bin/bash", "price: $6$ each, or more",
        "if (line == \"$6$\") return;", "daemon:*:19000:0:99999:7:::",
        "sk-ant-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "hf_",
        "shadow:$1", ":$6$0123456789012345678901234567890"}) {
    EXPECT_EQ(FindSecret(text), "") << text;
  }
}

}  // namespace
}  // namespace krait::repository
