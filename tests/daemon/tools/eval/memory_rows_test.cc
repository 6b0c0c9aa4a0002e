// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/memory_rows.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "daemon/loaded_model.h"
#include "daemon/tools/eval/fim_cases.h"
#include "engine/memory/memory_weights.h"

namespace krait::daemon {
namespace {

class MemoryRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    ModelOptions options;
    options.model = KRAIT_DEFAULT_MODEL;
    options.threads = 1;
    auto loaded = LoadModel(options);
    ASSERT_TRUE(loaded) << loaded.error().message;
    loaded_ = std::move(*loaded);
  }

  std::vector<boost::json::object> RowsOf(const FimCase& fim_case) {
    MemoryRows rows(loaded_, {.lengths = {0, 1, 2, 4}, .bias = {0, 0, 0, 0}});
    std::vector<boost::json::object> found;
    const auto added = rows.Add(fim_case, [&](const std::string& row) {
      found.push_back(boost::json::parse(row).as_object());
    });
    EXPECT_TRUE(added) << added.error().message;
    return found;
  }

  LoadedModel loaded_;
};

// A row for each token of the line, and one for its end; what the next line has
// is not asked for.
TEST_F(MemoryRowsTest, ARowForEachTokenUpToTheLinesEnd) {
  FimCase fim_case{.id = "1",
                   .language = "python",
                   .path = "a.py",
                   .prefix = "def f(self):\n",
                   .suffix = "\n    return total\n",
                   .middle = "    total = self.count"};
  const auto line = loaded_.model->tokenizer().Encode(
      fim_case.middle + "\n", engine::DummyPrefix::kNone);
  const auto rows = RowsOf(fim_case);
  ASSERT_EQ(rows.size(), line.size());
  for (const boost::json::object& row : rows) {
    EXPECT_LT(row.at("model").as_double(), 0);
    EXPECT_EQ(row.at("language"), "python");
  }
  // Of a middle of several lines the first, whatever is behind it.
  fim_case.middle += "\n    total += 1\n    total += 2";
  EXPECT_EQ(RowsOf(fim_case), rows);
  fim_case.suffix.clear();
  EXPECT_EQ(RowsOf(fim_case).size(), rows.size());
}

// What stands elsewhere in the file votes, with the share that says so.
TEST_F(MemoryRowsTest, VotesSayWhatFollowedElsewhere) {
  const FimCase fim_case{.id = "1",
                         .language = "python",
                         .path = "a.py",
                         .prefix = "alpha = beta.gamma(delta)\nalpha = beta.",
                         .suffix = "\n",
                         .middle = "gamma(delta)"};
  bool certain = false;
  for (const boost::json::object& row : RowsOf(fim_case)) {
    for (const auto& vote : row.at("votes").as_array()) {
      certain = certain || vote.as_array().at(1).to_number<double>() == 1;
    }
  }
  EXPECT_TRUE(certain);
}

}  // namespace
}  // namespace krait::daemon
