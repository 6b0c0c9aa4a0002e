// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/recommended.h"

#include <gtest/gtest.h>

#include <set>

#include "daemon/models/digest.h"
#include "daemon/models/model_source.h"

namespace krait::models {
namespace {

TEST(RecommendedTest, EachEntryCanBeFetchedAndClaimsNothingElse) {
  std::set<std::string> names;
  const Url hub = *ParseUrl("https://huggingface.co");
  for (const RecommendedModel& model : RecommendedModels()) {
    SCOPED_TRACE(model.name);
    EXPECT_TRUE(names.insert(model.name).second);
    EXPECT_TRUE(std::holds_alternative<RecommendedSource>(
        *ParseModelSource(model.name, hub)));
    const auto source = ParseModelSource(model.source, hub);
    ASSERT_TRUE(source);
    ASSERT_TRUE(std::holds_alternative<HubSource>(*source));
    EXPECT_FALSE(model.licence.empty());
    EXPECT_FALSE(model.good_for.empty());
    EXPECT_TRUE(model.fim == "psm" || model.fim == "spm" ||
                model.fim == "emulated");
    if (!model.sha256.empty()) {
      EXPECT_TRUE(IsHex(model.sha256, 64));
      // A hash is of one revision.
      EXPECT_TRUE(IsHex(std::get<HubSource>(*source).revision, 40));
    }
    if (model.measured) {
      EXPECT_FALSE(model.measured->machine.empty());
      EXPECT_GT(model.measured->writes, 0);
    }
  }
  EXPECT_NE(FindRecommended("granite-350m"), nullptr);
  EXPECT_EQ(FindRecommended("none"), nullptr);
}

}  // namespace
}  // namespace krait::models
