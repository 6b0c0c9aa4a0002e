// SPDX-License-Identifier: Apache-2.0
//
// What is parsed in part answers as the whole does: over the project's own
// sources, joined by language so that they are long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "grammars/parser.h"
#include "tests/grammars/grammars_testing.h"

namespace krait::grammars {
namespace {

namespace fs = std::filesystem;

// As many bytes as make a file of a thousand lines or two.
constexpr size_t kLong = size_t{64} << 10;
constexpr int kPlaces = 30;

using Text = std::shared_ptr<const std::string>;

Text MakeText(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// The sources of a language in the project, one after the other.
std::string LongSource(std::string_view extension,
                       std::initializer_list<std::string_view> folders) {
  std::vector<fs::path> paths;
  for (const std::string_view folder : folders) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(KRAIT_SOURCE) / folder)) {
      const std::string path = entry.path().string();
      if (path.find("node_modules") != std::string::npos) continue;
      if (entry.path().extension() == extension) paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  std::string text;
  for (const fs::path& path : paths) {
    if (text.size() > kLong) break;
    std::ifstream file(path, std::ios::binary);
    // In Lua nothing may follow the "return" of a file.
    if (extension == ".lua") text += "do\n";
    text.append(std::istreambuf_iterator<char>(file), {});
    if (extension == ".lua") text += "end\n";
  }
  return text;
}

std::map<std::string, std::string> LongSources() {
  return {{"cpp", LongSource(".cc", {"daemon", "engine"})},
          {"lua", LongSource(".lua", {"editors"})},
          {"python", LongSource(".py", {"models", "tests"})},
          {"typescript", LongSource(".ts", {"editors"})}};
}

// Two or three lines from anywhere: what a model could say, fitting or not.
std::string SomeLines(std::mt19937* random, const std::string& text) {
  const size_t begin = (*random)() % text.size();
  size_t end = begin;
  for (size_t line = 0; line < 2 + (*random)() % 2; ++line) {
    end = std::min(text.find('\n', end + 1), text.size() - 1);
  }
  return text.substr(begin, end - begin);
}

// How many answers were compared, and how many of them differ.
struct Count {
  int all = 0;
  int other = 0;
  Count& operator+=(const Count& more) {
    all += more.all;
    other += more.other;
    return *this;
  }
};

// Compares what is parsed near random places, where the rest of a line may be
// missing, with the whole.
class Comparison {
 public:
  Comparison(const std::string& language, std::string text)
      : language_(language),
        text_(std::move(text)),
        whole_(LanguageNamed(language), PatientLimits()),
        near_(LanguageNamed(language), PatientLimits()) {
    near_.ParseNear(MakeText(text_), 0);
  }

  void CompareSomewhere() {
    const size_t ofs = random_() % (text_.size() + 1);
    const size_t line_end = std::min(text_.find('\n', ofs), text_.size());
    const std::string rest = text_.substr(ofs, line_end - ofs);
    std::string text = text_;
    if (random_() % 2 == 0) text.erase(ofs, rest.size());
    const Text shared = MakeText(text);
    const auto whole = whole_.Parse(shared);
    const auto near = near_.ParseNear(shared, ofs);
    CompareContexts(whole->ContextAt(ofs), near->ContextAt(ofs));
    if (!whole->ContextAt(ofs).from_grammar) return;
    for (const std::string& inserted :
         {rest, SomeLines(&random_, text_), std::string("f(x)"),
          std::string("("), std::string(")"), std::string("}"),
          std::string(" {\n")}) {
      CompareVerdicts(*whole, *near, ofs, inserted);
    }
  }

  // Where the text before the insertion is well-formed.
  const Count& verdicts() const { return verdicts_; }
  // Where it is not: the whole may be one error then, which hides what is new.
  const Count& verdicts_in_errors() const { return verdicts_in_errors_; }
  // Where the whole knows.
  const Count& contexts() const { return contexts_; }

 private:
  void CompareContexts(const SyntaxContext& whole, const SyntaxContext& near) {
    if (!whole.from_grammar) return;
    ++contexts_.all;
    std::vector<std::string> names;
    std::vector<std::string> near_names;
    for (const auto& item : whole.enclosing) names.push_back(item.name);
    for (const auto& item : near.enclosing) near_names.push_back(item.name);
    const bool same = whole.place == near.place && whole.spot == near.spot &&
                      near.from_grammar && whole.indent == near.indent &&
                      names == near_names;
    contexts_.other += same ? 0 : 1;
  }

  void CompareVerdicts(const SyntaxTree& whole, const SyntaxTree& near,
                       size_t ofs, const std::string& inserted) {
    CheckBudget budget = CheckBudget::Unlimited();
    const auto expected = whole.CheckInsertion(ofs, inserted, &budget);
    const auto verdict = near.CheckInsertion(ofs, inserted, &budget);
    ASSERT_TRUE(expected && verdict);
    Count& count = whole.CountErrors() == 0 ? verdicts_ : verdicts_in_errors_;
    ++count.all;
    count.other += expected->fits == verdict->fits ? 0 : 1;
  }

  std::string language_;
  std::string text_;
  Parser whole_;
  Parser near_;
  std::mt19937 random_{3};
  Count verdicts_;
  Count verdicts_in_errors_;
  Count contexts_;
};

TEST(NearTest, AnswersNearlyAlwaysAsTheWhole) {
  Count verdicts;
  Count verdicts_in_errors;
  Count contexts;
  for (const auto& [language, text] : LongSources()) {
    ASSERT_GT(text.size(), kLong) << language;
    Comparison comparison(language, text);
    for (int i = 0; i < kPlaces; ++i) comparison.CompareSomewhere();
    verdicts += comparison.verdicts();
    verdicts_in_errors += comparison.verdicts_in_errors();
    contexts += comparison.contexts();
  }
  const auto expect_same = [](const std::string& what, const Count& count,
                              int percent) {
    EXPECT_LE(count.other * 100, count.all * percent) << what;
    RecordProperty(what, count.all);
    RecordProperty(what + "_other", count.other);
  };
  // A comment whose end was erased is none to a piece that ends before the next
  // one's. One such place is all that is inserted there, so that it counts
  // several times.
  expect_same("verdicts", verdicts, 3);
  expect_same("verdicts_in_errors", verdicts_in_errors, 20);
  expect_same("contexts", contexts, 10);
}

Parser ParserOfWhole(std::string_view language, const std::string& text) {
  Parser parser(LanguageNamed(language), PatientLimits());
  parser.ParseNear(MakeText(text), 0);
  return parser;
}

// Types a broken statement behind the line at `ofs`; each few keys the tree
// must be what a parser makes of the text that has not seen the typing.
void ExpectTypingLeavesNoTrace(const std::string& language,
                               const std::string& text, size_t ofs) {
  Parser typing = ParserOfWhole(language, text);
  std::string typed = text;
  ofs = std::min(text.find('\n', ofs), text.size());
  const std::string_view keys = "\nvalue = f(a, [b], {c}) + \"x\";";
  for (const char key : keys) {
    typed.insert(ofs++, 1, key);
    if (ofs % 5 != 0) continue;
    const auto tree = typing.ParseNear(MakeText(typed), ofs);
    Parser anew = ParserOfWhole(language, text);
    EXPECT_TRUE(tree->DebugString() ==
                anew.ParseNear(MakeText(typed), ofs)->DebugString())
        << language << " at " << ofs << " of " << text.size() << ": " << key;
  }
}

TEST(NearTest, EqualsParsingTheSamePieceAnew) {
  for (const auto& [language, text] : LongSources()) {
    for (size_t place = 1; place < 8; ++place) {
      ExpectTypingLeavesNoTrace(language, text, text.size() * place / 8);
    }
  }
}

TEST(NearTest, EqualsParsingAShortTextAnew) {
  for (const auto& [language, text] : LongSources()) {
    const size_t end = text.find('\n', kLong / 8);
    const std::string start = text.substr(0, end);
    for (size_t place = 1; place < 8; ++place) {
      ExpectTypingLeavesNoTrace(language, start, start.size() * place / 8);
    }
  }
}

// A class that is a whole file.
std::string LongClass(size_t methods) {
  std::string text = "class Long:\n";
  for (size_t i = 0; i < methods; ++i) {
    text += "    def method_" + std::to_string(i) + "(self, x):\n" +
            "        if x > 1:\n            return self.f(x)\n" +
            "        return [x]\n\n";
  }
  return text;
}

TEST(NearTest, ParsesLittleOfALongText) {
  const std::string text = LongClass(2000);
  Parser parser(LanguageNamed("python"), PatientLimits());
  const auto whole = parser.ParseNear(MakeText(text), 0);
  EXPECT_EQ(whole->Symbols().size(), 2001U);  // the first time all
  const size_t ofs = text.find("return", text.find("method_1000"));
  const auto near = parser.ParseNear(MakeText(text), ofs);
  EXPECT_LT(near->Symbols().size(), 100U);
  EXPECT_EQ(near->text(), text);
  const SyntaxContext context = near->ContextAt(ofs);
  ASSERT_EQ(context.enclosing.size(), 2U);
  EXPECT_EQ(context.enclosing[0].name, "method_1000");
  EXPECT_EQ(context.enclosing[1].name, "Long");
  EXPECT_TRUE(context.from_grammar);
  const auto anchors = near->Anchors(ofs, 4);
  EXPECT_EQ(anchors, whole->Anchors(ofs, 4));
}

TEST(NearTest, AnotherPlaceOfTheSameTextIsParsedToo) {
  const std::string text = LongClass(2000);
  Parser parser(LanguageNamed("python"), PatientLimits());
  parser.ParseNear(MakeText(text), 0);
  for (const std::string_view name :
       {"method_1900", "method_7", "method_999"}) {
    const size_t ofs = text.find("return", text.find(name));
    EXPECT_EQ(parser.ParseNear(MakeText(text), ofs)
                  ->ContextAt(ofs)
                  .enclosing.at(0)
                  .name,
              name);
  }
}

TEST(NearTest, CannotTellOfWhatIsFarAway) {
  const std::string text = LongClass(2000);
  Parser parser(LanguageNamed("python"), PatientLimits());
  parser.ParseNear(MakeText(text), 0);
  const auto near = parser.ParseNear(MakeText(text), text.size() / 2);
  CheckBudget budget = CheckBudget::Unlimited();
  EXPECT_TRUE(near->CheckInsertion(text.size() / 2, "x", &budget));
  EXPECT_FALSE(near->CheckInsertion(text.size() / 10, "x", &budget));
  EXPECT_FALSE(budget.Spent());
}

// Whoever asks may stand a little apart, in the declaration before or behind.
TEST(NearTest, KnowsWhatIsNearInTheDeclarationsAround) {
  const std::string before = LongClass(200);
  const std::string text = before + "\nLIMIT = 1\n\n" + LongClass(200);
  Parser parser(LanguageNamed("python"), PatientLimits());
  parser.ParseNear(MakeText(text), 0);
  for (const size_t ofs : {before.size() - 2, before.size() + 3}) {
    const auto near = parser.ParseNear(MakeText(text), ofs);
    EXPECT_TRUE(near->HasGrammar());
    for (size_t other = ofs - 512; other <= ofs + 512; other += 16) {
      CheckBudget budget = CheckBudget::Unlimited();
      EXPECT_TRUE(near->CheckInsertion(other, " ", &budget))
          << other << " by " << ofs;
    }
  }
}

// All that follows a bracket that is open can be one expression or error then,
// of which nothing could be left out. Whoever stops to think has typed one.
TEST(NearTest, APauseWithAnOpenBracketDoesNotWidenThePiece) {
  std::string text = LongClass(2000);
  Parser parser(LanguageNamed("python"), PatientLimits());
  parser.ParseNear(MakeText(text), 0);
  size_t ofs = text.find("return", text.find("method_1000"));
  text.replace(ofs, text.find('\n', ofs) - ofs, "");
  for (const char key : std::string_view("y = f(items, g=[x, {offset + ")) {
    text.insert(ofs++, 1, key);
    EXPECT_LT(parser.ParseNear(MakeText(text), ofs)->Symbols().size(), 100U);
    ASSERT_TRUE(parser.Refresh(MakeText(text), {}));
  }
}

TEST(NearTest, ARefreshLearnsWhatIsNew) {
  std::string text = LongClass(2000);
  Parser parser(LanguageNamed("python"), PatientLimits());
  parser.ParseNear(MakeText(text), 0);
  text += LongClass(2000);
  // All that came at once has to be looked at.
  const size_t ofs = text.size() - 1;
  EXPECT_GT(parser.ParseNear(MakeText(text), ofs)->Symbols().size(), 2000U);
  EXPECT_TRUE(parser.Refresh(MakeText(text), {}));
  EXPECT_LT(parser.ParseNear(MakeText(text), ofs)->Symbols().size(), 100U);
}

TEST(NearTest, ARefreshGivesWay) {
  const std::string text = LongClass(20000);
  Parser parser(LanguageNamed("python"), PatientLimits());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(parser.Refresh(MakeText(text), stop.get_token()));
  EXPECT_TRUE(parser.Refresh(MakeText(text), {}));
}

TEST(NearTest, LinesServeWithoutAGrammar) {
  Parser parser(nullptr, PatientLimits());
  EXPECT_FALSE(parser.ParseNear(MakeText(LongClass(10)), 5)->HasGrammar());
  EXPECT_FALSE(parser.Refresh(MakeText(LongClass(10)), {}));
}

}  // namespace
}  // namespace krait::grammars
