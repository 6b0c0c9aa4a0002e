// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/stop/stop_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace krait::completion {
namespace {

struct Place {
  std::string before;
  std::string after;
  CompletionExtent extent = CompletionExtent::kAuto;
};

// Feeds `generated` byte by byte, as a model would, and tells what is kept.
void ExpectStop(const Place& place, std::string_view generated,
                std::string_view kept, std::string_view reason) {
  const StopRules rules(place.extent, place.before, place.after, 5);
  std::optional<StopDecision> decision;
  for (size_t size = 1; size <= generated.size() && !decision; ++size) {
    decision = rules.Check(generated.substr(0, size), false);
  }
  if (!decision) decision = rules.Check(generated, true);
  const auto keep = decision ? decision->keep_bytes : generated.size();
  EXPECT_EQ(generated.substr(0, keep), kept);
  EXPECT_EQ(decision ? CompletionStopName(decision->stop) : "none", reason);
}

TEST(StopRulesTest, EndsWithTheLineWhenTextFollowsTheCursor) {
  ExpectStop({"x = foo(", ")\n"}, "a, b\nmore\n", "a, b", "line_end");
}

TEST(StopRulesTest, EndsWithAStatementThatTextPrecedes) {
  ExpectStop({"    x = ", "\n"}, "1\n    y = 2\n", "1", "line_end");
  ExpectStop({"    x = ", "\n"}, "1\ny = 2\n", "1", "dedent");
}

TEST(StopRulesTest, GoesOnIntoABlockThatTheLineOpens) {
  ExpectStop({"def f(x):", "\n"}, "\n    y = x\n    return y\nprint(1)\n",
             "\n    y = x\n    return y", "block_end");
}

TEST(StopRulesTest, KeepsTheClosingBracketOfABlock) {
  ExpectStop({"if (x) {", "\n"}, "\n  y();\n}\nz();\n", "\n  y();\n}",
             "block_end");
  ExpectStop({"while x do", "\n"}, "\n  y\nend\nz\n", "\n  y\nend",
             "block_end");
}

TEST(StopRulesTest, GoesOnWithElse) {
  ExpectStop({"if x:", "\n"}, "\n    a()\nelse:\n    b()\nc()\n",
             "\n    a()\nelse:\n    b()", "block_end");
  ExpectStop({"if (x) {", "\n"}, "\n  a();\n} else {\n  b();\n}\nc();\n",
             "\n  a();\n} else {\n  b();\n}", "block_end");
}

TEST(StopRulesTest, WritesStatementsOnABlankLine) {
  ExpectStop({"def f():\n    ", "\n"}, "a = 1\n    b = 2\n\n    c = 3\n",
             "a = 1\n    b = 2", "blank_line");
  ExpectStop({"def f():\n    ", "\n"}, "a = 1\n    b = 2\ng()\n",
             "a = 1\n    b = 2", "dedent");
}

TEST(StopRulesTest, IsBoundedByLines) {
  ExpectStop({"", "\n"}, "1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5", "max_lines");
}

TEST(StopRulesTest, EndsWhereTheSuffixBegins) {
  ExpectStop({"def f():\n    ", "\n    return a\n"}, "a = 1\n    return a\n",
             "a = 1", "suffix");
  // A line of the same words further in is another line.
  ExpectStop({"def f():\n    ", "\n    return a\n"},
             "if b:\n        return a\n    c = 1\n",
             "if b:\n        return a\n    c = 1\n", "none");
}

TEST(StopRulesTest, DoesNotWriteTheNextLineTwice) {
  ExpectStop({"def f():\n    ", "\n    return a\n"}, "return a\n", "",
             "suffix");
  ExpectStop({"    x = ", "\n    x = 1\n"}, "1\n    y", "1", "line_end");
}

TEST(StopRulesTest, LineExtentHoldsOnABlankLineToo) {
  ExpectStop({"", "\n", CompletionExtent::kLine}, "a\nb\n", "a", "line_end");
}

TEST(StopRulesTest, UnlimitedEndsOnlyAtTheSuffix) {
  ExpectStop({"", "\nlast\n", CompletionExtent::kUnlimited},
             "a\n\nb\n\nlast\nx", "a\n\nb\n", "suffix");
}

}  // namespace
}  // namespace krait::completion
