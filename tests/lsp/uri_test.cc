// SPDX-License-Identifier: Apache-2.0
#include "lsp/uri.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace krait::lsp {
namespace {

TEST(UriTest, FindsThePathsOfFileUris) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"file:///home/me/a.cc", "/home/me/a.cc"},
      {"FILE:///a", "/a"},
      {"file:/a", "/a"},
      {"file://localhost/a", "/a"},
      {"file:///a%20b%C3%A9%2f%2F", "/a bé//"},
      {"file:///c%3A/x", "/c:/x"},
      {"file:///a+b", "/a+b"},
      {"file:///a?q=1#frag", "/a"},
      {"file:///a%3Fb%23c%25", "/a?b#c%"},
      {"file:///a/../b", "/a/../b"},
      {"file:///", "/"},
  };
  for (const auto& [uri, path] : cases) EXPECT_EQ(UriToPath(uri), path) << uri;
}

TEST(UriTest, RefusesWhatIsNoLocalFile) {
  for (const std::string_view uri :
       {"", "file", "file:", "file://", "file:a", "untitled:Untitled-1",
        "vscode-notebook-cell:/a.ipynb#X", "http://a/b", "/a",
        "file://server/share/a", "file:///a%", "file:///a%2", "file:///a%zz",
        "file:///a%-1", "file:///a%+1", "file:///a%00b", "file:///a% 1"}) {
    EXPECT_EQ(UriToPath(uri), std::nullopt) << uri;
  }
}

TEST(UriTest, FindsThePathOfAnyUri) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"untitled:Untitled-1", "Untitled-1"},
      {"untitled:/p/.env", "/p/.env"},
      {"vscode-notebook-cell:/a%20b.ipynb#W0", "/a b.ipynb"},
      {"git:/p/a%zz?{\"ref\":\"~\"}", "/p/a%zz"},
      {"/a", "/a"},
      {"", ""},
  };
  for (const auto& [uri, path] : cases) EXPECT_EQ(PathOfUri(uri), path) << uri;
  EXPECT_EQ(PathOfUri(std::string(kMaxUriBytes + 1, 'a')), "");
}

TEST(UriTest, FindsAllThatAUriMayNameAsAFile) {
  for (const std::string_view uri :
       {"file:///p/.env",
        "file:/p/.env",
        "FILE:///p/%2eenv",
        "file:///p/.env#x",
        "file:///p/x/../.env",
        "file:///p//.env",
        "file:///p/./.env",
        "file:///p/.env/",
        "file://host/p/.env",
        "untitled:/p/.env",
        "git:/p/.env?%7B%22path%22%3A%22%2Fp%2F.env%22%7D",
        "git:/p/a?{\"path\":\"/p/.env\",\"ref\":\"~\"}",
        "vscode-remote://ssh-remote+host/p/.env",
        "vscode-userdata:/p/.env",
        "file:///p%5C.env",
        "file:///c%3A%5Cp%5C.env",
        "C:\\p\\.env",
        "file:///p/%252Eenv",
        "file:///p/%zz/../.env",
        "untitled:p/.env",
        "zipfile:///a.zip::p/.env",
        "jar:file:///a.jar!/p/.env",
        "jdt://contents/a?=p/%5C/p%5C/.env",
        "file:///p/.env%00.txt",
        "scp://host//p/.env?x=1&y=2",
        "oil:///p/.env"}) {
    const auto names = PathsInUri(uri);
    const bool found =
        std::any_of(names.begin(), names.end(), [](const std::string& name) {
          return name == ".env" || name.ends_with("/.env");
        });
    EXPECT_TRUE(found) << uri << ": " << testing::PrintToString(names);
  }
  EXPECT_TRUE(PathsInUri(std::string(kMaxUriBytes + 1, 'a')).empty());
  EXPECT_TRUE(PathsInUri("").empty());
}

TEST(UriTest, APathIsNotTakenApartWhereItIsWhole) {
  const auto names = PathsInUri("file:///p/example.env?q");
  for (const std::string& name : names) {
    EXPECT_TRUE(name == "q" || name.ends_with("/p/example.env")) << name;
  }
}

TEST(UriTest, WritesWhatItReads) {
  EXPECT_EQ(PathToUri("/a b/é.c"), "file:///a%20b/%C3%A9.c");
  std::string path = "/";
  for (int byte = 1; byte < 256; ++byte) path += static_cast<char>(byte);
  EXPECT_EQ(UriToPath(PathToUri(path)), path);
}

}  // namespace
}  // namespace krait::lsp
