// SPDX-License-Identifier: Apache-2.0
#include "daemon/similar_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace krait::daemon {
namespace {

TEST(SimilarNameTest, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0U);
  EXPECT_EQ(EditDistance("", "abc"), 3U);
  EXPECT_EQ(EditDistance("modle", "model"), 2U);
  EXPECT_EQ(EditDistance("stats", "status"), 1U);
}

TEST(SimilarNameTest, FindsWhatWasMeantAndNothingElse) {
  const std::vector<std::string> names = {"complete", "status", "stop", "lsp"};
  EXPECT_EQ(SimilarName("complet", names), "complete");
  EXPECT_EQ(SimilarName("statsu", names), "status");
  EXPECT_EQ(SimilarName("lps", names), "");  // too short to tell
  EXPECT_EQ(SimilarName("nonsense", names), "");
  EXPECT_EQ(SimilarName("", names), "");
  EXPECT_EQ(SimilarName(std::string(100'000, 'x'), names), "");
}

}  // namespace
}  // namespace krait::daemon
