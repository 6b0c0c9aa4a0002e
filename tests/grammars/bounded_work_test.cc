// SPDX-License-Identifier: Apache-2.0
// What is asked of a tree costs no more than its text is long, whatever is in
// it; where it would, the answer says that it was cut.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "grammars/tree_sitter/grammar.h"
#include "tests/cpu_clock.h"
#include "tests/grammars/grammars_testing.h"

namespace krait::grammars {
namespace {

std::string Repeated(std::string_view piece, size_t bytes) {
  std::string text;
  while (text.size() + piece.size() <= bytes) text += piece;
  return text;
}

void AskAll(const SyntaxTree& tree, size_t ofs) {
  tree.ContextAt(ofs);
  tree.Anchors(ofs, 8);
  tree.CountErrors();
  tree.Symbols();
  tree.Imports();
}

// An error holds tens of thousands of brackets side by side. A query that looks
// at all of them for each takes ten seconds for one of these.
TEST(BoundedWorkTest, BracketsWithoutAnEndCostTheirLength) {
  const std::string_view openers[] = {"[", "(", "{", "a(", "{\"a\":"};
  for (const std::string_view language :
       {"python", "javascript", "json", "c", "cpp", "go", "java", "rust"}) {
    for (const std::string_view opener : openers) {
      const auto tree = ParseText(language, Repeated(opener, 50'000));
      const auto begin = CpuClock::now();
      AskAll(*tree, tree->text().size());
      AskAll(*tree, tree->text().size() / 2);
      // 0.1 s in a release build; the rest is for sanitizers.
      EXPECT_LT(CpuClock::now() - begin, std::chrono::seconds(5))
          << language << " " << opener;
    }
  }
}

// All on one line, so that to look for where that begins would cost its length
// for each of them.
TEST(BoundedWorkTest, OneLongLineCostsItsLength) {
  const std::string text = Repeated("a=b;", 400'000);
  Parser parser(LanguageNamed("javascript"), PatientLimits());
  parser.ParseNear(std::make_shared<const std::string>(text), 0);
  const auto begin = CpuClock::now();
  for (const size_t ofs : {size_t{0}, text.size() / 2, text.size()}) {
    parser.ParseNear(std::make_shared<const std::string>(text), ofs);
  }
  EXPECT_LT(CpuClock::now() - begin, std::chrono::seconds(20));
}

TEST(BoundedWorkTest, WhatIsNestedTooDeepIsTakenByItsLines) {
  const auto context = [](size_t depth) {
    const std::string text =
        std::string(depth, '[') + "1\n, 2" + std::string(depth, ']');
    return ParseText("json", text)->ContextAt(depth + 4);
  };
  EXPECT_TRUE(context(100).from_grammar);
  EXPECT_EQ(context(100).spot, Spot::kExpression);
  EXPECT_FALSE(context(20'000).from_grammar);
}

// A file like any other, but for its length, is no reason to cut.
TEST(BoundedWorkTest, LongFilesAreNotCut) {
  std::string text;
  for (int i = 0; i < 3'000; ++i) {
    text += "A" + std::to_string(i) + " = 1\n\n\ndef f" + std::to_string(i) +
            "(x):\n    return [x]\n\n\n";
  }
  const auto tree = ParseText("python", text);
  const SyntaxContext context = tree->ContextAt(text.rfind("return"));
  EXPECT_TRUE(context.from_grammar);
  ASSERT_EQ(context.enclosing.size(), 1U);
  EXPECT_EQ(context.enclosing[0].name, "f2999");
  bool complete = false;
  EXPECT_EQ(tree->Symbols(&complete).size(), 6'000U);
  EXPECT_TRUE(complete);
}

class BoundedQueryTest : public testing::Test {
 protected:
  BoundedQueryTest() : grammar_(GrammarOf(*LanguageNamed("python"))) {
    parser_.reset(ts_parser_new());
    ts_parser_set_language(parser_.get(), grammar_->parser());
  }

  // Returns how many functions are found.
  size_t Run(std::string_view text, QueryBudget* budget, bool* complete) {
    tree_.reset(ts_parser_parse_string(parser_.get(), nullptr, text.data(),
                                       static_cast<uint32_t>(text.size())));
    size_t found = 0;
    *complete = grammar_->symbols().Run(ts_tree_root_node(tree_.get()), text,
                                        budget, [&](const Match&) { ++found; });
    return found;
  }

  const Grammar* grammar_;
  ParserHandle parser_;
  TreeHandle tree_;
};

TEST_F(BoundedQueryTest, StepsGrowWithTheLength) {
  constexpr size_t kMost = 1'000'000;
  const auto steps = [this](size_t bytes) {
    QueryBudget budget(kMost);
    bool complete = false;
    Run(Repeated("def f(): pass\n", bytes) + Repeated("(", bytes), &budget,
        &complete);
    EXPECT_TRUE(complete);
    return kMost - budget.steps_left();
  };
  const size_t few = steps(20'000);
  EXPECT_GT(few, 10U);
  EXPECT_LT(steps(80'000), 6 * few);
}

TEST_F(BoundedQueryTest, SaysThatItWasCut) {
  const std::string text = Repeated("def f(): pass\n", 14'000);
  bool complete = false;
  QueryBudget enough(1'000'000);
  EXPECT_EQ(Run(text, &enough, &complete), 1'000U);
  EXPECT_TRUE(complete);
  QueryBudget little(50);
  const size_t found = Run(text, &little, &complete);
  EXPECT_FALSE(complete);
  EXPECT_TRUE(little.spent());
  EXPECT_GT(found, 0U);
  EXPECT_LT(found, 1'000U);
  // What is spent is spent for the next query, too.
  EXPECT_EQ(Run(text, &little, &complete), 0U);
  EXPECT_FALSE(complete);
}

TEST(CheckBudgetTest, StepsDecideAndNotTheTime) {
  const auto tree = ParseText("c", "int f() {\n  \n}\n");
  CheckBudget budget{.steps = 100, .cpu_time = std::chrono::hours(1)};
  EXPECT_TRUE(tree->CheckInsertion(12, "return g(1);", &budget));
  EXPECT_FALSE(budget.Spent());
  CheckBudget one{.steps = 1, .cpu_time = std::chrono::hours(1)};
  EXPECT_FALSE(tree->CheckInsertion(12, Repeated("g(1);\n", 100'000), &one));
  EXPECT_TRUE(one.Spent());
  EXPECT_FALSE(tree->CheckInsertion(12, "", &one));
}

}  // namespace
}  // namespace krait::grammars
