// SPDX-License-Identifier: Apache-2.0
//
// What is shown of what a model says, by the syntax at the cursor: the service
// as a whole, in several languages.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/running_completion.h"
#include "tests/daemon/completion/syntax_testing.h"
#include "tests/daemon/fake_generator.h"

namespace krait::completion {
namespace {

using daemon::FakeGenerator;

// A token for each word, line end, or other character.
std::vector<std::string> Tokens(std::string_view text) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           c == ' ';
  };
  std::vector<std::string> tokens;
  for (const char c : text) {
    if (!tokens.empty() && is_word(c) && is_word(tokens.back().back())) {
      tokens.back() += c;
    } else {
      tokens.emplace_back(1, c);
    }
  }
  return tokens;
}

Completion CompleteSaid(const CompletionRequest& request, std::string_view said,
                        CompletionOptions options = {}) {
  // For a loaded machine, unless the test is about it.
  if (options.syntax_budget.steps == grammars::CheckBudget{}.steps) {
    options.syntax_budget = grammars::CheckBudget::Unlimited();
  }
  FakeGenerator generator(Tokens(said));
  CompletionService service(generator);
  auto completion = service.Complete(request, options);
  EXPECT_TRUE(completion.has_value());
  return completion ? *completion : Completion{};
}

struct Case {
  std::string_view name;
  std::string_view path;
  std::string_view marked;
  std::string_view said;
  std::string_view shown;
};

void PrintTo(const Case& test_case, std::ostream* out) {
  *out << test_case.marked;
}

class ShownTest : public testing::TestWithParam<Case> {};

TEST_P(ShownTest, IsAsExpected) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  const Case& test_case = GetParam();
  const CompletionRequest request = RequestAt(test_case.path, test_case.marked);
  CompletionOptions options;
  options.min_confidence = kShowAll;  // also what is but a letter
  const Completion completion = CompleteSaid(request, test_case.said, options);
  EXPECT_EQ(completion.text, test_case.shown)
      << "stop " << completion.trace.stop << ", extent "
      << completion.trace.extent << ", syntax " << completion.trace.syntax
      << ", " << completion.trace.suppressed_by;
  EXPECT_EQ(completion.trace.suppressed_by.empty(), !test_case.shown.empty());
}

const Case kCases[] = {
    {"PythonBodyIsABlock", "a.py", "def f(a):\n    ¦\n\n\ng()\n",
     "b = a\n    return b\n\n\ng()\n", "b = a\n    return b"},
    {"PythonStatementIsOne", "a.py", "def f(a):\n    b = a\n    ¦\n",
     "c = b\n    d = c\n", "c = b"},
    {"PythonStatementHasItsBlock", "a.py", "def f(a):\n    b = a\n    ¦\n",
     "for c in b:\n        g(c)\n    d = c\n", "for c in b:\n        g(c)"},
    {"PythonRestOfStatementIsALine", "a.py", "def f(a):\n    return ¦\n",
     "a + 1\n    g()\n", "a + 1"},
    {"PythonCommentIsALine", "a.py", "def f(a):\n    # add ¦\n",
     "one\n    return a + 1\n", "one"},
    {"PythonDocstringIsALine", "a.py",
     "def f(a):\n    \"\"\"Returns ¦\n    \"\"\"\n    return a\n",
     "the argument.\n    More text.\n", "the argument."},
    {"PythonBodyAfterColon", "a.py", "def f(a):¦\n",
     "\n    b = a\n    return b\ng()\n", "\n    b = a\n    return b"},
    {"PythonSaysNothingBroken", "a.py", "def f(a):\n    ¦\n", "return = = a\n",
     ""},

    {"CppBodyIsABlock", "a.cc", "int f(int a) {\n  ¦\n}\n",
     "int b = a;\n  return b;\n}\n\nint g() {\n", "int b = a;\n  return b;"},
    {"CppBodyHoldsBlocks", "a.cc", "int f(int a) {\n  ¦\n}\n",
     "if (a > 1) {\n    g(a);\n  }\n  return a;\n}\n",
     "if (a > 1) {\n    g(a);\n  }\n  return a;"},
    {"CppStatementIsOne", "a.cc", "int f(int a) {\n  g(a);\n  ¦\n}\n",
     "h(a);\n  i(a);\n  return 2;\n", "h(a);"},
    {"CppRangeIsALine", "a.cc", "void f() {\n  for (int a : ¦\n}\n",
     "b) {\n    g(a);\n  }\n", "b) {"},
    {"CppAutoClosedBracket", "a.cc", "int f(int a) {\n  g(¦);\n}\n",
     "a, 2);\n  h(a);\n", "a, 2"},
    {"CppAutoClosedQuote", "a.cc", "void f() {\n  g(\"¦\");\n}\n",
     "text\");\n  h();\n", "text"},
    {"CppStringIsALine", "a.cc", "const char* s = \"a¦\";\n", "bc\";\nint x;\n",
     "bc"},
    {"CppClosedBlockIsNotClosedAgain", "a.cc",
     "void f(int a) {\n  if (a) {\n    ¦\n  }\n}\n", "g(a); }\n", "g(a);"},
    {"CppOpenBlockIsClosed", "a.cc", "void f(int a) {\n  g(a);\n  if (a) {¦\n",
     "\n    h(a);\n  }\n}\n", "\n    h(a);\n  }"},

    {"TypeScriptBody", "a.ts", "export function f(a: number) {\n  ¦\n}\n",
     "const b = a * 2;\n  return b;\n}\n", "const b = a * 2;\n  return b;"},
    {"TypeScriptCallback", "a.ts", "xs.map((x) => {\n  ¦\n});\n",
     "return x + 1;\n});\n", "return x + 1;"},
    {"TypeScriptArgumentsAreALine", "a.ts", "f(\n  a,\n  ¦\n);\n",
     "b,\n  c,\n  d\n);\n", "b,"},
    {"TypeScriptTemplateIsALine", "a.ts", "const s = `a ¦`;\n", "b\nc\n", "b"},

    {"TypeScriptArgumentsBelow", "a.ts", "f(¦\n", "\n  a,\n  b\n);\nc();\n",
     "\n  a,\n  b\n);"},

    {"GoKeepsTabs", "a.go", "package p\n\nfunc f(a int) {\n\t¦\n}\n",
     "if a > 1 {\n        g()\n    }\n}\n", "if a > 1 {\n\t\tg()\n\t}"},
    {"GoStrayBlankAfterTab", "a.go", "package p\n\nfunc f() {\n\tg()\n\t¦\n}\n",
     " h()\n", "h()"},
    {"GoCase", "a.go",
     "package p\n\nfunc f(a int) {\n\tswitch a {\n\tcase 1:\n\t\t¦\n\t}\n}\n",
     "g()\n\tcase 2:\n\t\th()\n", "g()"},

    {"RustBody", "a.rs", "fn f(a: i32) -> i32 {\n    ¦\n}\n",
     "let b = a + 1;\n    b\n}\n", "let b = a + 1;\n    b"},
    {"RustMatchArm", "a.rs",
     "fn f(a: i32) -> i32 {\n    match a {\n        1 => ¦\n    }\n}\n",
     "2,\n        _ => 3,\n", "2,"},
    {"RustGenericStatement", "a.rs", "fn f() {\n    g();\n    ¦\n}\n",
     "let v: Vec<&'static str> = Vec::new();\n    h();\n",
     "let v: Vec<&'static str> = Vec::new();"},

    {"JsonIsALine", "a.json", "{\n  \"a\": ¦\n}\n", "1,\n  \"b\": 2\n", "1"},
    {"NoGrammarGoesByIndentation", "a.txt", "a:\n  ¦\n", "b\n  c\n\nd\n",
     "b\n  c"},

    {"WindowsLineEnds", "a.py", "def f(a):\r\n    ¦\r\n\r\ng()\r\n",
     "b = a\n    return b\n\ng()\n", "b = a\n    return b"},
    {"WindowsLineEndsInClosedBlock", "a.cc",
     "int f(int a) {\r\n  g(a);\r\n  ¦\r\n}\r\n", "return a; }\n", "return a;"},
    {"ByteOrderMark", "a.py", "\xEF\xBB\xBFx = ¦\n", "1\ny = 2\n", "1"},
    {"EmptyFile", "a.py", "¦", "import os\nimport sys\n", ""},
    {"BlankFile", "a.go", "\n\t¦\n", "package p\n", ""},
    {"BeforeTheFirstLine", "a.py", "¦import os\n", "        import re\n",
     "import re\n"},
    {"BeforeTheFirstLineOnlyWholeLines", "a.py", "¦import os\n", "import re, ",
     ""},
    {"BehindTheFirstLine", "a.css", "a {\n}\n¦\n", "    b {\n}\n", "b {\n}"},

    {"WithinAWord", "a.py", "self.fieldna¦mes = fields\n", "me = name\n", ""},
    {"InFrontOfAWord", "a.py", "namer = ¦_Sequence()\n", "namer\n", ""},
    {"InFrontOfAnOperand", "a.py", "return ¦width * height\n",
     "scale(width, width, height\n", ""},
    {"InFrontOfAnArgument", "a.py", "f(¦b)\n", "a, b\n", "a, "},
    {"InFrontOfAStatement", "a.py",
     "def f(self):\n    ¦try:\n        g()\n    except A:\n        pass\n",
     "self.a[b] = self.a[b]\n", "self.a[b] = self.a[b]\n    "},
    {"WithinTheIndentation", "a.py", "def f():\n  ¦  return a\n", "a = 1\n",
     "  a = 1\n  "},
    {"InFrontOfAStatementItself", "a.py", "def f():\n    ¦return a\n",
     "return a\n", ""},
    {"InFrontOfACondition", "a.py", "if self.¦ruler:\n    pass\n",
     "print_topics:\n", ""},
    {"InFrontOfABlock", "a.cc", "void f() {\n  ¦g();\n}\n", "if (a) {\n", ""},

    {"DedentedByHand", "a.py",
     "def f(a):\n    if a:\n        return 1\n    ¦\n",
     "    if b:\n        return 2\n", "if b:\n        return 2"},
    {"LuaHasNoBraces", "a.lua", "local function f(a)\n  g()\n  ¦\nend\n",
     "if (a.is_empty()) {\n", ""},
};

INSTANTIATE_TEST_SUITE_P(All, ShownTest, testing::ValuesIn(kCases),
                         [](const auto& tested) {
                           return std::string(tested.param.name);
                         });

TEST(ShownServiceTest, NothingIsShownThatAddsASyntaxError) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  const Completion completion =
      CompleteSaid(RequestAt("a.py", "def f(a):\n    ¦\n"), "return = = a\n");
  EXPECT_EQ(completion.trace.suppressed_by, "would add a syntax error");
  EXPECT_EQ(completion.trace.syntax, "grammar");
  EXPECT_EQ(completion.trace.extent, "block");
}

TEST(ShownServiceTest, NothingIsShownThatTheModelIsUnsureOf) {
  FakeGenerator generator(Tokens("foo(1)\n"));
  generator.set_logprob(-2.125F);
  CompletionService service(generator);
  CompletionOptions options;
  options.min_confidence = -1.6;
  const CompletionRequest request{.path = "", .before = "x = ", .after = ""};
  const auto unsure = service.Complete(request, options);
  ASSERT_TRUE(unsure.has_value());
  EXPECT_EQ(unsure->text, "");
  EXPECT_EQ(unsure->trace.suppressed_by,
            "low confidence (mean log-probability -2.1, threshold -1.6)");
  options.min_confidence = kShowAll;
  EXPECT_EQ(service.Complete(request, options)->text, "foo(1)");
}

// A model with thresholds of its own, which is as sure of each piece as is
// said.
struct UnsureCase {
  std::vector<std::string> said;
  std::vector<float> logprobs;
};

base::Result<Completion> CompleteUnsurely(const UnsureCase& unsure,
                                          const CompletionOptions& options,
                                          const std::string& before = "x = ") {
  FakeGenerator generator(unsure.said);
  generator.set_logprobs(unsure.logprobs);
  generator.set_confidence(
      {.line = -0.5, .block = -0.25, .token = -1, .invoked_token = -3});
  CompletionService service(generator);
  return service.Complete({.path = "", .before = before, .after = ""}, options);
}

TEST(ShownServiceTest, ALanguageMayHaveItsOwnThresholds) {
  FakeGenerator generator(Tokens("foo(1)\n"));
  generator.set_logprob(-0.5F);
  generator.set_confidence({.line = -0.6, .block = -0.6, .token = -1});
  generator.set_confidence_of("typescript",
                              {.line = -0.4, .block = -0.6, .token = -1});
  CompletionService service(generator);
  const auto shown = [&](std::string_view path) {
    const CompletionRequest request = RequestAt(path, "x = \xC2\xA6\n");
    return service.Complete(request, {})->text;
  };
  EXPECT_EQ(shown("a.js"), "foo(1)");
  EXPECT_EQ(shown("a.ts"), "");
  EXPECT_EQ(shown("a.tsx"), "");  // by the same name
}

TEST(ShownServiceTest, TheModelsThresholdIsTheDefault) {
  const UnsureCase unsure{{"foo", "(1)", "\n"}, {-0.75F, -0.75F, 0}};
  const auto hidden = CompleteUnsurely(unsure, {});
  EXPECT_EQ(hidden->text, "");
  EXPECT_EQ(hidden->trace.suppressed_by,
            "low confidence (mean log-probability -0.8, threshold -0.5)");
  CompletionOptions options;
  options.min_confidence = -0.8;
  EXPECT_EQ(CompleteUnsurely(unsure, options)->text, "foo(1)");
}

TEST(ShownServiceTest, EndsBeforeTheFirstUnsureToken) {
  const UnsureCase unsure{{"foo", "(", "bar", ")", "\n"}, {0, 0, -2, 0, 0}};
  const auto cut = CompleteUnsurely(unsure, {});
  EXPECT_EQ(cut->text, "foo(");
  EXPECT_EQ(cut->trace.stop, "unsure");
  EXPECT_EQ(cut->trace.tokens_generated, 3U);  // no more was asked for
  EXPECT_EQ(cut->trace.mean_logprob, 0);
}

TEST(ShownServiceTest, EndsInNoWordThatTheFileDoesNotHave) {
  const UnsureCase unsure{{"foo", ".", "ba", "r", "\n"}, {0, 0, 0, -2, 0}};
  EXPECT_EQ(CompleteUnsurely(unsure, {})->text, "foo.");
  EXPECT_EQ(CompleteUnsurely(unsure, {}, "ba = 1\nx = ")->text, "foo.ba");
}

TEST(ShownServiceTest, NothingIsShownIfTheFirstTokenIsUnsure) {
  const auto nothing = CompleteUnsurely({{"foo", "()", "\n"}, {-2, 0, 0}}, {});
  EXPECT_EQ(nothing->text, "");
  EXPECT_EQ(nothing->trace.suppressed_by,
            "low confidence (the next token's log-probability -2.0, threshold "
            "-1.0)");
}

TEST(ShownServiceTest, ScrapsAreNotShownUnasked) {
  for (const char* scrap : {";", "i", "l;"}) {
    const UnsureCase sure{{scrap, "\n"}, {0, 0}};
    const auto hidden = CompleteUnsurely(sure, {}, "at all");
    EXPECT_EQ(hidden->text, "") << scrap;
    EXPECT_EQ(hidden->trace.suppressed_by, "too little to be worth showing");
    CompletionOptions options;
    options.invoked = true;
    EXPECT_EQ(CompleteUnsurely(sure, options, "at all")->text, scrap);
  }
}

TEST(ShownServiceTest, WhoAsksByHandGetsMore) {
  CompletionOptions options;
  options.invoked = true;
  const UnsureCase unsure{{"foo", "(", "bar", ")", "\n"}, {-4, 0, -2, -4, 0}};
  EXPECT_EQ(CompleteUnsurely(unsure, options)->text, "foo(bar");
  options.min_confidence = kShowAll;
  EXPECT_EQ(CompleteUnsurely(unsure, options)->text, "foo(bar)");
}

TEST(ShownServiceTest, OfAnUnsureBlockTheFirstLineMayBeSure) {
  const UnsureCase unsure{{"if a:", "\n", "    b()", "\n", "\n"},
                          {-0.125F, 0, -0.9F, 0, 0}};
  EXPECT_EQ(CompleteUnsurely(unsure, {}, "x = 1\n")->text, "if a:");
  const UnsureCase sure{unsure.said, {-0.125F, 0, -0.25F, 0, 0}};
  EXPECT_EQ(CompleteUnsurely(sure, {}, "x = 1\n")->text, "if a:\n    b()");
}

// Alternatives for "foo(bar)", which is unsure of "bar".
Completion CompleteWithAlternatives(
    const std::vector<std::vector<std::string>>& alternatives) {
  FakeGenerator generator({"foo", "(", "bar", ")", "\n"});
  generator.set_logprobs({-0.125F, 0, -1, 0, 0});
  generator.set_alternatives(alternatives);
  CompletionService service(generator);
  CompletionOptions options;
  options.invoked = true;
  options.alternatives = 2;
  const auto completion =
      service.Complete({.path = "", .before = "x = ", .after = ""}, options);
  EXPECT_TRUE(completion);
  return completion ? *completion : Completion{};
}

TEST(ShownServiceTest, AlternativesLeaveWhereTheModelIsUnsure) {
  const Completion completion =
      CompleteWithAlternatives({{"baz)", "\n"}, {"1)", "\n"}, {"2)", "\n"}});
  EXPECT_EQ(completion.text, "foo(bar)");
  EXPECT_EQ(completion.alternatives,
            (std::vector<std::string>{"foo(baz)", "foo(1)"}));
}

TEST(ShownServiceTest, AlternativesAreDistinct) {
  const Completion completion =
      CompleteWithAlternatives({{"ba", "r)", "\n"}, {"b", "\n"}, {"c", "\n"}});
  EXPECT_EQ(completion.alternatives, (std::vector<std::string>{"foo(c"}));
}

TEST(ShownServiceTest, UnaskedThereAreNoAlternatives) {
  FakeGenerator generator(std::vector<std::string>{"foo", "\n"});
  generator.set_alternatives({{"bar"}});
  CompletionService service(generator);
  const auto completion =
      service.Complete({.path = "", .before = "x = ", .after = ""}, {});
  ASSERT_TRUE(completion);
  EXPECT_TRUE(completion->alternatives.empty());
  EXPECT_EQ(generator.calls, 1);
}

TEST(ShownServiceTest, AStopEndsAlternativesToo) {
  std::stop_source stop;
  FakeGenerator generator(std::vector<std::string>{"foo", "\n"});
  generator.set_logprob(-1);
  generator.set_alternatives({{"bar", "\n"}, {"baz", "\n"}});
  int tokens = 0;
  generator.set_before_token([&] {
    if (++tokens == 3) stop.request_stop();  // the first has two
  });
  CompletionService service(generator);
  CompletionOptions options;
  options.invoked = true;
  options.alternatives = 2;
  const auto completion = service.Complete(
      {.path = "", .before = "x = ", .after = ""}, options, stop.get_token());
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->text, "foo");
  EXPECT_TRUE(completion->alternatives.empty());
  EXPECT_LE(tokens, 5);
}

TEST(ShownServiceTest, WithoutATreeTheLinesDecide) {
  CompletionRequest request =
      RequestAt("a.py", "def f(a):\n    b = a\n    ¦\n");
  request.syntax = {};
  const Completion completion =
      CompleteSaid(request, "c = b\n    d = c\n\n    e = d\n");
  EXPECT_EQ(completion.text, "c = b\n    d = c");
  EXPECT_EQ(completion.trace.syntax, "none");
}

TEST(ShownServiceTest, ATreeThatComesLateIsStillAsked) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  CompletionRequest request = RequestAt("a.py", "# ¦\n");
  const SyntaxTreePtr tree = request.syntax.slot->Wait({});
  auto slot = std::make_shared<SyntaxSlot>();
  request.syntax.slot = slot;
  FakeGenerator generator(Tokens("one\ntwo\nthree\n"));
  int tokens = 0;
  generator.set_before_token([&] {
    if (++tokens == 2) slot->Set(tree);
  });
  CompletionService service(generator, std::chrono::milliseconds(1));
  const auto completion = service.Complete(request, {});
  ASSERT_TRUE(completion.has_value());
  EXPECT_EQ(completion->text, "one");
  EXPECT_EQ(completion->trace.extent, "line");
  EXPECT_EQ(completion->trace.syntax, "grammar");
}

TEST(ShownServiceTest, ATreeOfAnotherVersionIsNotUsed) {
  CompletionRequest request = RequestAt("a.py", "# ¦\n");
  request.before = "def f(a):\n    ";
  const Completion completion =
      CompleteSaid(request, "b = a\n    return b\n\n");
  EXPECT_EQ(completion.trace.syntax, "none");
  EXPECT_EQ(completion.text, "b = a\n    return b");
}

TEST(ShownServiceTest, IsTheSameInAFileOfAHundredThousandLines) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  std::string text;
  for (int i = 0; i < 33'334; ++i) text += "def f(a):\n    return a\n\n";
  const size_t cursor = text.size() / 2;
  const size_t line = text.find("    return a", cursor) + 4;
  CompletionRequest request{.path = "a.py",
                            .before = text.substr(line - 8000, 8000),
                            .after = text.substr(line + 8, 2000)};
  text.erase(line, 8);
  request.syntax =
      ParseForRequest(grammars::LanguageOfPath("a.py"), std::move(text), line);
  EXPECT_EQ(CompleteSaid(request, "return a + 1\n\ndef g():\n").text,
            "return a + 1");
}

// Not by luck: what the check did not get to may be wrong.
TEST(SeamShownTest, AModelThatReadsNoSuffixFitsItAllTheSame) {
  CompletionOptions options;
  options.limits.suffix_tokens = 0;
  const Completion within = CompleteSaid(
      RequestAt("a.py", "x = 1\nte¦xt = 2\n"), "rm = 3\n", options);
  EXPECT_EQ(within.text, "");
  EXPECT_EQ(within.trace.suppressed_by, "the cursor is within a word");
}

TEST(UncheckedTest, IsShownToWhoAskedByHandOnly) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  const CompletionRequest request =
      RequestAt("a.c", "int f(int a) {\n  ¦\n}\n");
  CompletionOptions options;
  options.syntax_budget = {.steps = 0};
  const Completion hidden = CompleteSaid(request, "int = 2;\n", options);
  EXPECT_EQ(hidden.text, "");
  EXPECT_EQ(hidden.trace.hurried, "the syntax check took too long");
  EXPECT_EQ(hidden.trace.suppressed_by, hidden.trace.hurried);
  options.show_unchecked = true;
  const Completion shown = CompleteSaid(request, "int = 2;\n", options);
  EXPECT_EQ(shown.text, "int = 2;");
  EXPECT_EQ(shown.trace.hurried, "the syntax check took too long");
}

TEST(UncheckedTest, ATreeThatIsNotThereInTimeIsNotTakenForNone) {
  CompletionRequest request = RequestAt("a.c", "int f(int a) {\n  ¦\n}\n");
  const auto slot = std::make_shared<SyntaxSlot>();
  request.syntax.slot = slot;
  FakeGenerator generator(Tokens("return a;\n"));
  CompletionService service(generator);
  const auto complete = [&](const CompletionOptions& options) {
    const auto completion = service.Begin(request, options, {});
    RunningCompletion* const alone = completion.get();
    while (!alone->ended()) service.Advance({&alone, 1});
    return *completion->Finish();
  };
  const Completion hurried = complete({});
  EXPECT_EQ(hurried.text, "");
  EXPECT_EQ(hurried.trace.hurried, "the syntax tree was not there in time");
  CompletionOptions by_hand;
  by_hand.show_unchecked = true;
  EXPECT_EQ(complete(by_hand).text, "return a;");
  // The version was passed over by a newer one.
  slot->Skip();
  EXPECT_EQ(complete({}).text, "");
  // There is none, whoever waits.
  slot->Set(nullptr);
  const Completion none = complete({});
  EXPECT_EQ(none.text, "return a;");
  EXPECT_EQ(none.trace.hurried, "");
}

}  // namespace
}  // namespace krait::completion
