// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/retrieval_score.h"

#include <string>
#include <vector>

#include "daemon/repository/indexer.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::daemon {
namespace {

RetrievalCase CaseOf(const std::string& path, const std::string& name,
                     const std::string& container, const std::string& comment) {
  return {.path = path,
          .name = name,
          .container = container,
          .begin_line = 1,
          .end_line = 3,
          .comment = comment};
}

TEST(RetrievalQuestionsTest, ACommentIsAskedForOnce) {
  const auto questions = QuestionsByComment({CaseOf("a.cc", "a", "", "Same."),
                                             CaseOf("b.cc", "b", "", "Other."),
                                             CaseOf("c.cc", "c", "", "Same.")});
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(questions[0].text, "Same.");
  ASSERT_EQ(questions[0].answers.size(), 2U);
  EXPECT_EQ(questions[0].answers[1].path, "c.cc");
  EXPECT_EQ(questions[1].text, "Other.");
}

TEST(RetrievalQuestionsTest, ANameThatSeveralHaveIsNotAskedFor) {
  const auto questions = QuestionsByName({CaseOf("a.cc", "f", "", "One."),
                                          CaseOf("b.cc", "f", "", "Two."),
                                          CaseOf("c.cc", "g", "", "Three.")});
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].text, "g");
}

class RetrievalScoreTest : public repository::RepositoryTest {
 protected:
  // Whether the only passage about turbines, which is that file's, is right.
  double Found(const std::string& path, const std::string& text,
               const RetrievalCase& wanted) {
    Write(path, text);
    const auto index = folder_ / "state" / "repo.index";
    EXPECT_TRUE(repository::UpdateIndex({.index = index, .root = root_}));
    auto searcher = repository::Searcher::Open(index);
    EXPECT_TRUE(searcher);
    const auto score = ScoreRetrieval("comment", QuestionsByComment({wanted}),
                                      repository::Ranking::kWords, &*searcher);
    EXPECT_TRUE(score);
    return score ? score->of_ten : -1;
  }
};

TEST_F(RetrievalScoreTest, WhatCppDefinesElsewhereIsTheSameFunction) {
  const std::string text = "int Plant::Stop() {\n  return turbine();\n}\n";
  const auto wanted = [](const std::string& path, const std::string& name,
                         const std::string& container) {
    return CaseOf(path, name, container, "Stops the turbine.");
  };
  EXPECT_EQ(Found("a.cc", text, wanted("a.cc", "Stop", "Plant")), 1);
  EXPECT_EQ(Found("a.cc", text, wanted("a.h", "Stop", "Plant")), 1);
  EXPECT_EQ(Found("a.cc", text, wanted("a.h", "Stop", "Other")), 0);
  EXPECT_EQ(Found("a.cc", text, wanted("a.h", "Stop", "")), 0);
  EXPECT_EQ(Found("a.cc", text, wanted("a.h", "Halt", "Plant")), 0);
  EXPECT_EQ(Found("a.cc", text, wanted("a.java", "Stop", "Plant")), 0);
  RetrievalCase overload = wanted("a.cc", "Stop", "Plant");
  overload.begin_line = overload.end_line = 100;
  EXPECT_EQ(Found("a.cc", text, overload), 0);
}

}  // namespace
}  // namespace krait::daemon
