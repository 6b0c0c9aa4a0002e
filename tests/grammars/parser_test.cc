// SPDX-License-Identifier: Apache-2.0
#include "grammars/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "grammars/rules/language_rules.h"
#include "tests/cpu_clock.h"
#include "tests/grammars/grammars_testing.h"

namespace krait::grammars {
namespace {

using testing::ElementsAre;

constexpr std::array<std::string_view, 15> kWithGrammar = {
    "c",          "cpp",  "csharp", "go",  "java",
    "javascript", "json", "lua",    "php", "python",
    "ruby",       "rust", "shell",  "tsx", "typescript"};

// Programs that each grammar sees some of; the property tests edit them.
std::string Sample(std::string_view language) {
  if (language == "python") {
    return "import os\n\nclass A:\n    def f(self, x):\n        if x > 1:\n"
           "            return 'a'\n        return [x, f\"{x}\"]\n\ny = "
           "A().f(2)\n";
  }
  if (language == "ruby") {
    return "class A\n  def f(x)\n    if x\n      puts \"a#{x}\"\n    end\n  "
           "end\nend\n";
  }
  if (language == "lua") {
    return "local M = {}\nfunction M.f(a)\n  if a then\n    return \"x\"\n  "
           "end\nend\n";
  }
  if (language == "shell") {
    return "f() {\n  if true; then\n    echo \"a $x\"\n  fi\n}\nf 'b' # c\n";
  }
  if (language == "json")
    return "{\"a\": [1, 2, {\"b\": null}], \"c\": \"d\"}\n";
  if (language == "go") {
    return "package a\n\nfunc F(x int) string {\n\tif x > 1 {\n\t\treturn "
           "\"a\"\n"
           "\t}\n\treturn g(x, `b`)\n}\n";
  }
  if (language == "rust") {
    return "fn f(x: i32) -> String {\n    if x > 1 {\n        return "
           "g(\"a\");\n"
           "    }\n    vec![x, 2]\n}\n";
  }
  if (language == "php") {
    return "<?php\nfunction f($x) {\n  if ($x) {\n    return \"a $x\";\n  "
           "}\n}\n";
  }
  if (language == "java" || language == "csharp") {
    return "class A {\n  int f(int x) {\n    if (x > 1) {\n      return "
           "g(\"a\", x);\n"
           "    }\n    return 2;\n  }\n}\n";
  }
  if (language == "c" || language == "cpp") {
    return "#include <a.h>\nint f(int x) {\n  if (x > 1) {\n"
           "    return g(\"a\", x);\n  }\n  return 2;\n}\n";
  }
  return "import a from \"b\";\nfunction f(x) {\n  if (x > 1) {\n"
         "    return g(`a${x}`, [x, {y: 1}]);\n  }\n  return 2;\n}\n";
}

// Replaces a few random bytes by what makes and breaks structure.
void EditAtRandom(std::mt19937* random, std::string* text) {
  constexpr std::array<std::string_view, 16> kPieces = {
      "",  "{",  "}", "(",    ")",   "\n", "  ",   "\"",
      "x", "\t", "ä", "if x", "end", ";",  "# //", "[1, "};
  const size_t begin = (*random)() % (text->size() + 1);
  const size_t length = std::min<size_t>((*random)() % 4, text->size() - begin);
  text->replace(begin, length, kPieces[(*random)() % kPieces.size()]);
}

// Asks everything, so that a crash or a range out of the text shows.
void AskEverything(const SyntaxTree& tree, size_t ofs) {
  const size_t size = tree.text().size();
  const SyntaxContext context = tree.ContextAt(ofs);
  EXPECT_LE(context.block_begin_ofs, context.block_end_ofs);
  EXPECT_LE(context.block_end_ofs, size);
  for (const Declaration& declaration : context.enclosing) {
    EXPECT_LE(declaration.begin_ofs, std::min(ofs, size));
    EXPECT_LE(declaration.end_ofs, size);
  }
  size_t last = 0;
  for (const size_t anchor : tree.Anchors(ofs, 16)) {
    EXPECT_LE(last, anchor);
    EXPECT_LE(anchor, ofs);
    last = anchor;
  }
  for (const Symbol& symbol : tree.Symbols()) {
    EXPECT_LE(symbol.begin_ofs, symbol.name_ofs);
    EXPECT_LE(symbol.end_ofs, size);
  }
  tree.Imports();
}

TEST(ParserTest, EveryGrammarParsesItsSampleWithoutErrors) {
  for (const std::string_view language : kWithGrammar) {
    const auto tree = ParseText(language, Sample(language));
    ASSERT_TRUE(tree->HasGrammar()) << language;
    EXPECT_EQ(tree->CountErrors(), 0U) << language << tree->DebugString();
  }
}

// How a broken text is mended depends on what the tree was before, by the
// design of the library; a well-formed one has one tree.
TEST(ParserTest, ReparsingAfterEditsEqualsFromScratch) {
  size_t well_formed = 0;
  for (const std::string_view language : kWithGrammar) {
    std::mt19937 random(11);
    for (int start = 0; start < 4; ++start) {
      Parser parser(LanguageNamed(language), PatientLimits());
      const auto parse = [&](const std::string& text) {
        return parser.Parse(std::make_shared<const std::string>(text));
      };
      std::string text = Sample(language);
      const std::string original = parse(text)->DebugString();
      for (int edit = 0; edit < 12; ++edit) {
        if (edit % 3 == 0) text = Sample(language);
        EditAtRandom(&random, &text);
        const auto again = parse(text);
        AskEverything(*again, random() % (text.size() + 1));
        const auto fresh = ParseText(language, text);
        if (fresh->CountErrors() > 0) continue;
        ++well_formed;
        ASSERT_EQ(again->DebugString(), fresh->DebugString())
            << language << ":\n"
            << text;
      }
      EXPECT_EQ(parse(Sample(language))->DebugString(), original) << language;
    }
  }
  EXPECT_GT(well_formed, 50U);
}

TEST(ParserTest, SeveralEditsAtOnceEqualFromScratch) {
  const std::string before = "int a;\nint b;\nint c;\n";
  const std::string middle = "int aa;\nint b;\nint c;\n";
  const std::string after = "int aa;\nint b;\nint cc;\n";
  const std::array<Edit, 2> edits = {EditBetween(before, middle),
                                     EditBetween(middle, after)};
  for (const bool fitting : {true, false}) {
    Parser parser(LanguageNamed("c"), PatientLimits());
    parser.Parse(std::make_shared<const std::string>(before));
    const auto tree = parser.Parse(std::make_shared<const std::string>(after),
                                   std::span(edits).first(fitting ? 2 : 1));
    EXPECT_EQ(tree->DebugString(), ParseText("c", after)->DebugString());
    EXPECT_EQ(tree->Symbols().size(),
              0U + ParseText("c", after)->Symbols().size());
  }
}

TEST(ParserTest, AnyBytesAreParsed) {
  std::mt19937 random(3);
  for (const std::string_view language : kWithGrammar) {
    AskEverything(*ParseText(language, ""), 0);
    AskEverything(*ParseText(language, std::string(3, '\0')), 2);
    AskEverything(*ParseText(language, "a \xff\xfe\xc3(\x80 b\n\xf0\x9f"), 4);
    std::string noise(300, ' ');
    for (char& byte : noise) byte = static_cast<char>(random());
    AskEverything(*ParseText(language, noise), 150);
  }
}

TEST(ParserTest, UnknownLanguagesAreTakenByLines) {
  EXPECT_FALSE(ParseText("markdown", "# a\n")->HasGrammar());
  Parser parser(nullptr);
  EXPECT_FALSE(
      parser.Parse(std::make_shared<const std::string>("a"))->HasGrammar());
}

TEST(ParserTest, TooLargeTextsAreTakenByLines) {
  ParserLimits limits = PatientLimits();
  limits.max_bytes = 10;
  Parser parser(LanguageNamed("c"), limits);
  const auto parse = [&](std::string text) {
    return parser.Parse(std::make_shared<const std::string>(std::move(text)));
  };
  EXPECT_TRUE(parse("int a;")->HasGrammar());
  EXPECT_FALSE(parse("int a; int b;")->HasGrammar());
  EXPECT_TRUE(parse("int b;")->HasGrammar());
}

TEST(ParserTest, AfterTimeoutGrammarRestsAWhile) {
  std::string large;
  for (int i = 0; i < 20'000; ++i) large += "int f(int x) { return x + 1; }\n";
  ParserLimits limits;
  limits.timeout = std::chrono::milliseconds(0);
  Parser parser(LanguageNamed("c"), limits);
  EXPECT_FALSE(
      parser.Parse(std::make_shared<const std::string>(large))->HasGrammar());
  // Two versions later it is asked again; "" needs no time.
  const auto empty = std::make_shared<const std::string>();
  EXPECT_FALSE(parser.Parse(empty)->HasGrammar());
  EXPECT_FALSE(parser.Parse(empty)->HasGrammar());
  EXPECT_TRUE(parser.Parse(empty)->HasGrammar());
}

TEST(ParserTest, TwentyThousandLinesAreFastToEdit) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) {
    text +=
        "int f" + std::to_string(i) + "(int x) {\n  g(x, 1);\n  return x;\n}\n";
  }
  Parser parser(LanguageNamed("cpp"), PatientLimits());
  parser.Parse(std::make_shared<const std::string>(text));
  text.insert(text.size() / 2, " ");
  const auto start = CpuClock::now();
  const auto tree = parser.Parse(std::make_shared<const std::string>(text));
  const SyntaxContext context = tree->ContextAt(text.size() / 2);
  EXPECT_EQ(tree->Anchors(text.size() / 2, 64).size(), 64U);
  // 10 ms in a release build on an idle machine; the rest is for sanitizers.
  EXPECT_LT(CpuClock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(context.enclosing.size(), 1U);
  EXPECT_EQ(tree->Symbols().size(), 5'000U);
}

TEST(ParserTest, DeepNestingDoesNotOverflowTheStack) {
  constexpr size_t kDepth = 2'000;
  for (const std::string_view open :
       {"(", "[", "{", "{\"a\":", "if(a){", "a("}) {
    std::string text;
    for (size_t i = 0; i < kDepth; ++i) text += open;
    for (const std::string_view language : {"javascript", "json", "cpp"}) {
      const auto tree = ParseText(language, text);
      tree->ContextAt(text.size());
      tree->Anchors(text.size(), 8);
      tree->CountErrors();
      tree->Symbols();
    }
  }
}

TEST(ParserTest, TreesOutliveTheParserAndServeManyThreads) {
  std::shared_ptr<const SyntaxTree> tree;
  const std::string text = Sample("python");
  {
    Parser parser(LanguageNamed("python"), PatientLimits());
    tree = parser.Parse(std::make_shared<const std::string>(text));
    parser.Parse(std::make_shared<const std::string>("x = 1\n"));
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (size_t ofs = 0; ofs <= text.size(); ++ofs) {
        AskEverything(*tree, ofs);
        CheckBudget budget = CheckBudget::Unlimited();
        tree->CheckInsertion(ofs, "(", &budget);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tree->text(), text);
}

TEST(InsertionTest, ErrorsGrowOnlyWhereItDoesNotFit) {
  const auto errors = [](std::string_view marked_text,
                         std::string_view inserted) {
    const MarkedText marked(marked_text);
    const auto tree = ParseText("c", marked.text);
    CheckBudget budget = CheckBudget::Unlimited();
    return tree->CheckInsertion(marked.ofs, inserted, &budget);
  };
  EXPECT_TRUE(errors("int f() {\n  ¦\n}\n", "return g(1);")->fits);
  EXPECT_FALSE(errors("int f() {\n  ¦\n}\n", "return g(1;")->fits);
  EXPECT_FALSE(errors("int f() {\n  ¦\n}\n", "}\n}")->fits);
  // It mends what was broken.
  const auto mended = errors("int f() {\n  g(1¦;\n}\n", ")");
  EXPECT_GT(mended->before, mended->after);
  EXPECT_EQ(mended->after, 0U);
}

TEST(InsertionTest, EqualsParsingTheResult) {
  std::mt19937 random(5);
  for (const std::string_view language : kWithGrammar) {
    if (HasRules(*LanguageNamed(language))) continue;  // no errors of a tree
    const std::string text = Sample(language);
    const auto tree = ParseText(language, text);
    for (int round = 0; round < 20; ++round) {
      const size_t ofs = random() % (text.size() + 1);
      std::string whole = text;
      whole.insert(ofs, "\nx(y)\n");
      CheckBudget budget = CheckBudget::Unlimited();
      const auto errors = tree->CheckInsertion(ofs, "\nx(y)\n", &budget);
      ASSERT_TRUE(errors.has_value());
      EXPECT_EQ(errors->after, ParseText(language, whole)->CountErrors())
          << whole;
    }
  }
}

TEST(AnchorsTest, AreDeclarationsAroundAndBefore) {
  const MarkedText marked(
      "import os\n"  // 0
      "\n"
      "def f():\n"  // 11
      "    return 1\n"
      "\n"
      "class A:\n"          // 34
      "    def g(self):\n"  // 47
      "        x = 1\n"
      "\n"
      "    def h(self):\n"  // 79
      "        x = 1\n"
      "        ¦\n"
      "    def i(self):\n"
      "        pass\n");
  const auto tree = ParseText("python", marked.text);
  EXPECT_THAT(tree->Anchors(marked.ofs, 100), ElementsAre(0, 11, 34, 47, 79));
  EXPECT_THAT(tree->Anchors(marked.ofs, 3), ElementsAre(34, 47, 79));
}

TEST(AnchorsTest, IncludeWhatIsInGuardsAndNamespaces) {
  const std::string text =
      "#ifndef A\n#define A\nnamespace n {\nint x;\nvoid f();\n}\n#endif\n";
  const auto tree = ParseText("cpp", text);
  EXPECT_THAT(tree->Anchors(text.find("}"), 100),
              testing::IsSupersetOf({text.find("namespace"), text.find("int x"),
                                     text.find("void f")}));
}

}  // namespace
}  // namespace krait::grammars
