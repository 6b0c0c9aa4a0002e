// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/nearby_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace krait::completion {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Names(const std::vector<NearbyText>& texts) {
  std::vector<std::string> names;
  for (const NearbyText& text : texts) names.push_back(text.name);
  return names;
}

OpenText Open(const std::string& path, const std::string& language) {
  return {.path = path,
          .language = language,
          .text = {.name = path, .source = nullptr}};
}

TEST(NearbyTextTest, TheSameLanguageThenTheSameFolderComeFirst) {
  std::vector<OpenText> open = {
      Open("src/net/notes.md", "markdown"), Open("other/far.cc", "cpp"),
      Open("src/near.cc", "cpp"), Open("src/net/nearest.cc", "cpp"),
      Open("src/another.cc", "cpp")};
  std::mt19937 random(1);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(open.begin(), open.end(), random);
    EXPECT_THAT(Names(NearestTexts(open, "src/net/here.cc", "cpp")),
                ElementsAre("src/net/nearest.cc", "src/another.cc",
                            "src/near.cc", "other/far.cc", "src/net/notes.md"));
  }
}

TEST(NearbyTextTest, ThereAreNotTooMany) {
  std::vector<OpenText> open;
  for (int i = 0; i < 100; ++i) open.push_back(Open(std::to_string(i), "c"));
  EXPECT_EQ(NearestTexts(open, "x", "c").size(), kMostNearby);
}

}  // namespace
}  // namespace krait::completion
