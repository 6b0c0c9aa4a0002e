// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/suggestions.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "lsp/document_store.h"

namespace krait::daemon {
namespace {

// A document "x = |" with a cursor that follows what is inserted.
class SuggestionsTest : public testing::Test {
 protected:
  SuggestionsTest() {
    auto document = std::make_shared<lsp::Document>();
    document->uri = "file:///a.py";
    document->language_id = "python";
    document->text = lsp::Text("x = \ny = 1\n");
    now_ = std::move(document);
  }
  ~SuggestionsTest() override { std::filesystem::remove_all(dir_); }

  std::string Give(const std::string& text) {
    return suggestions_.Give({.document = now_,
                              .cursor_ofs = cursor_,
                              .text = text,
                              .plan = completion::PromptPlan::kSpm});
  }
  void Replace(size_t begin, size_t end, const std::string& text) {
    auto after = std::make_shared<lsp::Document>(*now_);
    after->text.Replace(begin, end, text);
    lsp::DocumentChange change;
    change.before = now_;
    change.after = after;
    change.edits = {{.begin_ofs = begin, .end_ofs = end, .text = text}};
    now_ = after;
    suggestions_.Changed(change);
  }
  void Insert(const std::string& text) {
    Replace(cursor_, cursor_, text);
    cursor_ += text.size();
  }
  void Type(const std::string& text) {
    for (const char c : text) Insert(std::string(1, c));
  }
  void TakeBack(size_t bytes) {
    Replace(cursor_ - bytes, cursor_, "");
    cursor_ -= bytes;
  }
  AcceptanceCounts Counts() { return Total().all; }
  AcceptanceTable Total() {
    EXPECT_TRUE(store_.Flush(std::chrono::minutes(1)));  // has read its file
    return store_.Total().value_or(AcceptanceTable{});
  }

  static std::filesystem::path MakeDir() {
    char name[] = "/tmp/krait-suggestions-XXXXXX";
    return mkdtemp(name);
  }

  const std::filesystem::path dir_ = MakeDir();
  AcceptanceStore store_{dir_ / "statistics.json"};
  Suggestions suggestions_{store_};
  lsp::DocumentSnapshot now_;
  size_t cursor_ = 4;
};

TEST_F(SuggestionsTest, AnInsertionOfItAllIsAcceptance) {
  Give("foo(1)");
  EXPECT_EQ(Counts(), AcceptanceCounts{.shown = 1});
  Insert("foo(1)");
  const AcceptanceCounts expected{.shown = 1, .accepted = 1, .characters = 6};
  EXPECT_EQ(Counts(), expected);
}

TEST_F(SuggestionsTest, TypingItIsNone) {
  Give("foo(1)");
  Type("foo(1)");
  EXPECT_EQ(Counts(), AcceptanceCounts{.shown = 1});
}

TEST_F(SuggestionsTest, WhatIsLeftAfterTypingKeepsItsIdAndIsAccepted) {
  const std::string id = Give("foo(1)");
  Type("fo");
  EXPECT_EQ(Give("o(1)"), id);
  Insert("o(1)");
  const AcceptanceCounts expected{.shown = 1, .accepted = 1, .characters = 4};
  EXPECT_EQ(Counts(), expected);
}

TEST_F(SuggestionsTest, AWordIsAPartAndTheRestMakesItWhole) {
  Give("foo bar baz");
  Insert("foo ");
  AcceptanceCounts expected{.shown = 1, .partially = 1, .characters = 4};
  EXPECT_EQ(Counts(), expected);
  Insert("bar baz");
  expected = {.shown = 1, .accepted = 1, .characters = 11};
  EXPECT_EQ(Counts(), expected);
}

TEST_F(SuggestionsTest, UndoTakesAnAcceptanceBack) {
  Give("foo(1)");
  Insert("foo(1)");
  TakeBack(6);
  EXPECT_EQ(Counts(), AcceptanceCounts{.shown = 1});
}

TEST_F(SuggestionsTest, AnotherTextOrPlaceEndsIt) {
  const std::string id = Give("foo(1)");
  Insert("bar");
  EXPECT_NE(Give("foo(1)"), id);
  Replace(0, 0, "fo");  // the same text elsewhere
  Replace(cursor_ + 2, cursor_ + 2, "foo(1)");
  EXPECT_EQ(Counts(), AcceptanceCounts{.shown = 2});
}

TEST_F(SuggestionsTest, LinesMayEndOtherwiseInTheDocument) {
  Give("foo\nbar");
  Insert("foo\r\nbar");
  const AcceptanceCounts expected{.shown = 1, .accepted = 1, .characters = 7};
  EXPECT_EQ(Counts(), expected);
}

TEST_F(SuggestionsTest, UndoTakesLinesOfAnyEndBack) {
  const std::string id = Give("foo\nbar");
  Insert("foo\r\nbar");
  TakeBack(8);
  EXPECT_EQ(Counts(), AcceptanceCounts{.shown = 1});
  Insert("foo\r\n");
  EXPECT_EQ(Give("bar"), id);
}

TEST_F(SuggestionsTest, TheCommandAndTheChangeAreOneAcceptance) {
  const std::string id = Give("foo(1)");
  Insert("foo(1)");
  suggestions_.Accepted(id);
  suggestions_.Accepted(id);
  AcceptanceCounts expected{.shown = 1, .accepted = 1, .characters = 6};
  EXPECT_EQ(Counts(), expected);
  const std::string next = Give("two");  // the command may be first
  suggestions_.Accepted(next);
  Insert("two");
  expected = {.shown = 2, .accepted = 2, .characters = 9};
  EXPECT_EQ(Counts(), expected);
}

TEST_F(SuggestionsTest, WhereTypingIsCollectedOnlyTheCommandCounts) {
  suggestions_.set_infers(false);
  const std::string id = Give("foo(1)");
  Insert("fo");
  EXPECT_EQ(Counts(), AcceptanceCounts{.shown = 1});
  Insert("o(1)");
  suggestions_.Accepted(id);
  const AcceptanceCounts expected{.shown = 1, .accepted = 1, .characters = 4};
  EXPECT_EQ(Counts(), expected);
}

TEST_F(SuggestionsTest, PartsAreReportedInUtf16FromTheLastText) {
  suggestions_.set_infers(false);
  const std::string id = Give(
      "a\xF0\x9F\x90\x8D"
      "bc");                              // a snake
  suggestions_.PartiallyAccepted(id, 3);  // and its two units
  AcceptanceCounts expected{.shown = 1, .partially = 1, .characters = 2};
  EXPECT_EQ(Counts(), expected);
  Insert("a\xF0\x9F\x90\x8D");
  EXPECT_EQ(Give("bc"), id);
  suggestions_.PartiallyAccepted(id, 2);
  expected = {.shown = 1, .accepted = 1, .characters = 4};
  EXPECT_EQ(Counts(), expected);
}

TEST_F(SuggestionsTest, AClientThatReportsWhatItShowsIsBelieved) {
  const std::string first = Give("foo");
  suggestions_.Shown(first);
  suggestions_.Shown(first);
  EXPECT_EQ(Counts().shown, 1);
  Type("x");
  const std::string second = Give("bar");
  EXPECT_EQ(Counts().shown, 1);
  suggestions_.Shown(second);
  EXPECT_EQ(Counts().shown, 2);
}

TEST_F(SuggestionsTest, AnAlternativeCountsOnceItIsAccepted) {
  Give("foo(1)");
  const std::string other =
      suggestions_.GiveAlternative({.document = now_,
                                    .cursor_ofs = cursor_,
                                    .text = "bar",
                                    .plan = completion::PromptPlan::kSpm});
  EXPECT_EQ(Counts().shown, 1);
  Insert("bar");
  suggestions_.Accepted(other);
  EXPECT_EQ(Counts().shown, 2);
  EXPECT_EQ(Counts().accepted, 1);
  EXPECT_EQ(Counts().characters, 3);
}

TEST_F(SuggestionsTest, TheFirstIsFollowedBesideItsAlternatives) {
  Give("foo(1)");
  suggestions_.GiveAlternative({.document = now_,
                                .cursor_ofs = cursor_,
                                .text = "bar",
                                .plan = completion::PromptPlan::kSpm});
  Insert("foo(1)");
  EXPECT_EQ(Counts().accepted, 1);
  EXPECT_EQ(Counts().shown, 1);
}

TEST_F(SuggestionsTest, UnknownIdsAreIgnored) {
  suggestions_.Accepted("7");
  suggestions_.PartiallyAccepted("", 1000);
  suggestions_.Shown("x");
  EXPECT_EQ(Counts(), AcceptanceCounts{});
}

TEST_F(SuggestionsTest, CountsByLanguageAndPlan) {
  Give("foo");
  Insert("foo");
  const AcceptanceTable total = Total();
  EXPECT_EQ(total.by_language.at("python").accepted, 1);
  EXPECT_EQ(total.by_plan.at("spm").characters, 3);
}

}  // namespace
}  // namespace krait::daemon
