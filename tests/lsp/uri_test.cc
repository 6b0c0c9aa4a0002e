// SPDX-License-Identifier: Apache-2.0
#include "lsp/uri.h"

#include <gtest/gtest.h>

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

TEST(UriTest, WritesWhatItReads) {
  EXPECT_EQ(PathToUri("/a b/é.c"), "file:///a%20b/%C3%A9.c");
  std::string path = "/";
  for (int byte = 1; byte < 256; ++byte) path += static_cast<char>(byte);
  EXPECT_EQ(UriToPath(PathToUri(path)), path);
}

}  // namespace
}  // namespace krait::lsp
