// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/retrieval_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "grammars/parser.h"

namespace krait::daemon {
namespace {

std::vector<RetrievalCase> Cases(const std::string& path,
                                 const std::string& text) {
  return CasesOf(path, std::make_shared<const std::string>(text));
}

bool HasGrammars() {
  grammars::Parser parser(grammars::LanguageOfPath("a.cc"));
  return parser.Parse(std::make_shared<const std::string>("int a;"))
      ->HasGrammar();
}

TEST(RetrievalCasesTest, AFunctionsCommentIsTheQuestion) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  const std::string text =
      "// Returns the oldest entry of the cache.\n"
      "//\n"
      "// Takes a lock.\n"
      "int Oldest() {\n  return 1;\n}\n"
      "\n"
      "// Short.\n"
      "int Other() {\n  return 2;\n}\n"
      "\n"
      "// NOLINTNEXTLINE this is a note to a tool\n"
      "int Third() {\n  return 3;\n}\n";
  const auto cases = Cases("a.cc", text);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].name, "Oldest");
  EXPECT_EQ(cases[0].comment, "Returns the oldest entry of the cache.");
  const std::string without = WithoutComments(cases, text);
  EXPECT_EQ(without.size(), text.size());
  EXPECT_EQ(std::ranges::count(without, '\n'), std::ranges::count(text, '\n'));
  EXPECT_EQ(without.find("oldest entry"), std::string::npos);
  EXPECT_EQ(without.find("Takes a lock"), std::string::npos);
  EXPECT_NE(without.find("int Oldest()"), std::string::npos);
  EXPECT_NE(without.find("// Short."), std::string::npos);
}

TEST(RetrievalCasesTest, APreprocessorsLineIsNoComment) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  const auto cases =
      Cases("a.h",
            "// Writes what is left to the file.\n"
            "void flush(int file) {\n  write_all(file);\n}\n"
            "#if defined(LOGGING)\n"
            "#    define TRACE_LOUD(text) write_to_all(text, loud)\n"
            "#    define TRACE(text) write_to(text)\n"
            "#endif\n");
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].name, "flush");
}

TEST(RetrievalCasesTest, PythonsIsAString) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  const std::string text =
      "def oldest(cache):\n"
      "    \"\"\"Return the oldest entry of it.\n\n    More.\n    \"\"\"\n"
      "    return min(cache)\n";
  const auto cases = Cases("a.py", text);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].comment, "Return the oldest entry of it.");
  const std::string without = WithoutComments(cases, text);
  EXPECT_EQ(without.find("oldest entry"), std::string::npos);
  EXPECT_NE(without.find("return min(cache)"), std::string::npos);
}

}  // namespace
}  // namespace krait::daemon
