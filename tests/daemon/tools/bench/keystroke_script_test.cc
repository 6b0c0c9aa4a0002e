// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/keystroke_script.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/tools/bench/generated_source.h"

namespace krait::daemon {
namespace {

std::vector<ScriptFile> SomeFiles(size_t count, size_t lines) {
  std::vector<ScriptFile> files;
  for (size_t i = 0; i < count; ++i) {
    files.push_back({.name = std::to_string(i) + ".py",
                     .text = GenerateSource(static_cast<uint32_t>(i), lines)});
  }
  return files;
}

// The texts after the first `steps` steps.
std::vector<std::string> TextsAfter(const KeystrokeScript& script,
                                    size_t steps) {
  std::vector<std::string> texts;
  for (const ScriptFile& file : script.files) texts.push_back(file.text);
  for (size_t i = 0; i < steps; ++i) {
    const KeystrokeStep& step = script.steps[i];
    if (step.edit) ApplyEdit(*step.edit, &texts[step.file]);
  }
  return texts;
}

size_t Count(const KeystrokeScript& script, StepKind kind) {
  return static_cast<size_t>(
      std::ranges::count(script.steps, kind, &KeystrokeStep::kind));
}

size_t LineAt(const std::string& text, size_t ofs) {
  return static_cast<size_t>(std::ranges::count(text.substr(0, ofs), '\n'));
}

TEST(KeystrokeScriptTest, HasAllStepsInTheNumbersAsked) {
  const auto script = MakeKeystrokeScript(SomeFiles(10, 2000), {});
  EXPECT_EQ(Count(script, StepKind::kCold), 1U);
  EXPECT_EQ(Count(script, StepKind::kType), 40U);
  EXPECT_EQ(Count(script, StepKind::kBackspace), 10U);
  EXPECT_EQ(Count(script, StepKind::kJump), 1U);
  EXPECT_EQ(Count(script, StepKind::kJumpType), 10U);
  EXPECT_EQ(Count(script, StepKind::kBack), 1U);
  EXPECT_EQ(Count(script, StepKind::kEditAbove), 1U);
  EXPECT_EQ(Count(script, StepKind::kEditType), 4U);
  EXPECT_EQ(Count(script, StepKind::kBracket), 1U);
  EXPECT_EQ(Count(script, StepKind::kNear), 1U);
  EXPECT_EQ(Count(script, StepKind::kVisit), 9U);
  EXPECT_EQ(Count(script, StepKind::kRevisit), 10U);
  EXPECT_EQ(Count(script, StepKind::kRestart), 1U);
}

TEST(KeystrokeScriptTest, EditsLieInTheTextsAndCursorsFollowThem) {
  for (const size_t lines : {0U, 1U, 5U, 100U, 2000U}) {
    const auto script = MakeKeystrokeScript(SomeFiles(3, lines), {});
    for (size_t i = 0; i < script.steps.size(); ++i) {
      const KeystrokeStep& step = script.steps[i];
      const auto before = TextsAfter(script, i);
      const auto after = TextsAfter(script, i + 1);
      ASSERT_LE(step.cursor_ofs, after[step.file].size());
      if (!step.edit) continue;
      ASSERT_LE(step.edit->begin_ofs, step.edit->end_ofs);
      ASSERT_LE(step.edit->end_ofs, before[step.file].size());
      if (step.kind == StepKind::kEditAbove) continue;
      const size_t closed = step.kind == StepKind::kBracket ? 1 : 0;
      EXPECT_EQ(step.cursor_ofs + closed,
                step.edit->begin_ofs + step.edit->text.size());
    }
  }
}

TEST(KeystrokeScriptTest, TypesWhereTheRestOfALineWasRemoved) {
  const auto script = MakeKeystrokeScript(SomeFiles(1, 2000), {});
  const size_t cursor = script.steps[0].cursor_ofs;
  EXPECT_EQ(script.files[0].text[cursor], '\n');
  EXPECT_NEAR(static_cast<double>(LineAt(script.files[0].text, cursor)), 1000,
              20);
  const std::string typed = TextsAfter(script, 41)[0];
  EXPECT_EQ(typed.substr(cursor, 24), "result = collect_values(");
  EXPECT_EQ(typed.size(), script.files[0].text.size() + 40);
  // Ten characters less after the backspaces.
  EXPECT_EQ(TextsAfter(script, 51)[0].substr(cursor),
            typed.substr(cursor, 30) + typed.substr(cursor + 40));
}

TEST(KeystrokeScriptTest, JumpsUpAndComesBackToTheSamePlace) {
  const auto script = MakeKeystrokeScript(SomeFiles(1, 2000), {});
  const auto jump =
      std::ranges::find(script.steps, StepKind::kJump, &KeystrokeStep::kind);
  const auto back =
      std::ranges::find(script.steps, StepKind::kBack, &KeystrokeStep::kind);
  const auto place = static_cast<size_t>(jump - script.steps.begin());
  const auto texts = TextsAfter(script, place);
  const size_t from = LineAt(texts[0], (jump - 1)->cursor_ofs);
  const size_t to = LineAt(texts[0], jump->cursor_ofs);
  EXPECT_NEAR(static_cast<double>(from - to), 200, 20);
  EXPECT_FALSE(jump->edit || back->edit);
  const auto there =
      TextsAfter(script, static_cast<size_t>(back - script.steps.begin()));
  EXPECT_EQ(there[0].substr(back->cursor_ofs),
            texts[0].substr((jump - 1)->cursor_ofs));
}

TEST(KeystrokeScriptTest, AnEditAboveLeavesTheCursorInItsText) {
  const auto script = MakeKeystrokeScript(SomeFiles(1, 2000), {});
  const auto edit = std::ranges::find(script.steps, StepKind::kEditAbove,
                                      &KeystrokeStep::kind);
  const auto place = static_cast<size_t>(edit - script.steps.begin());
  const auto before = TextsAfter(script, place);
  const auto after = TextsAfter(script, place + 1);
  EXPECT_LT(edit->edit->begin_ofs, edit->cursor_ofs);
  EXPECT_EQ(after[0].substr(edit->cursor_ofs),
            before[0].substr((edit - 1)->cursor_ofs));
  EXPECT_NEAR(static_cast<double>(LineAt(after[0], edit->cursor_ofs) -
                                  LineAt(after[0], edit->edit->begin_ofs)),
              100, 20);
}

TEST(KeystrokeScriptTest, HasOnlyTheStepsThatWereAskedFor) {
  ScriptOptions options;
  options.steps = {StepKind::kCold, StepKind::kType};
  options.typed = 3;
  const auto script = MakeKeystrokeScript(SomeFiles(3, 50), options);
  ASSERT_EQ(script.steps.size(), 4U);
  EXPECT_EQ(script.steps[3].kind, StepKind::kType);
}

TEST(GeneratedSourceTest, HasTheLinesAskedForAndIsTheSameEachTime) {
  for (const size_t lines : {0U, 1U, 17U, 1000U}) {
    const std::string text = GenerateSource(1, lines);
    EXPECT_EQ(static_cast<size_t>(std::ranges::count(text, '\n')), lines);
    EXPECT_EQ(text, GenerateSource(1, lines));
  }
  EXPECT_TRUE(GenerateSource(1, 1000).starts_with(GenerateSource(1, 17)));
  EXPECT_NE(GenerateSource(1, 100), GenerateSource(2, 100));
}

}  // namespace
}  // namespace krait::daemon
