// SPDX-License-Identifier: Apache-2.0
//
// Whatever a model says anywhere in a file, what is shown keeps the promises.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "daemon/completion/shown/seam.h"
#include "daemon/completion/stop/stop_rules.h"
#include "daemon/completion/text/text_window.h"
#include "grammars/lines.h"
#include "tests/daemon/completion/syntax_testing.h"
#include "tests/daemon/fake_generator.h"

namespace krait::completion {
namespace {

using daemon::FakeGenerator;

struct Source {
  std::string_view path;
  std::string_view text;
};

constexpr std::array<Source, 5> kSources = {{
    {"a.py",
     "import os\n\n\nclass A:\n    \"\"\"Text (here.\"\"\"\n\n    def f(self, "
     "a):\n        # It's a [comment\n        for b in a:\n            if b > "
     "1:\n                return {'x': [b, 'y)']}\n        return f'{a} "
     "{self.g(1)}'\n\n\nx = A()\n"},
    {"a.cc",
     "#include <vector>\r\n\r\nnamespace n {\r\n\r\n// Don't (close.\r\nint "
     "F(const std::vector<int>& v) {\r\n  int sum = 0;\r\n  for (const int x : "
     "v) {\r\n    if (x > 'a') {\r\n      sum += G(x, \"}\");\r\n    }\r\n  "
     "}\r\n  return sum;\r\n}\r\n\r\n}  // namespace n\r\n"},
    {"a.ts",
     "import { a } from './a';\n\nexport const f = async (x: number): "
     "Promise<void> => {\n  const y = xs.map((z) => ({ z, w: `${z} (` }));\n  "
     "if (x) {\n    await g(y, { a: 1 });\n  } else {\n    h();\n  }\n};\n"},
    {"a.go",
     "package p\n\nimport \"fmt\"\n\nfunc F(a []int) (int, error) {\n\tfor _, "
     "b "
     ":= range a {\n\t\tswitch {\n\t\tcase b > 1:\n\t\t\tfmt.Println(\"{\", "
     "b)\n\t\t}\n\t}\n\treturn len(a), nil\n}\n"},
    {"a.rs",
     "use std::io;\n\nimpl<'a> A<'a> {\n    fn f(&'a self, v: &[i32]) -> "
     "Option<&'a str> {\n        match v.len() {\n            0 => None,\n     "
     " "
     "      n => self.g(n, |x| x + 1)?.get(..),\n        }\n    }\n}\n"},
}};

class GenerationSlot {
 public:
  explicit GenerationSlot(uint32_t seed) : random_(seed) {}

  size_t Below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random_);
  }

  // Pieces of the file itself, and of nonsense.
  std::vector<std::string> Say(std::string_view text) {
    static constexpr std::array<std::string_view, 16> kBits = {
        "(", ")", "[", "]", "{",  "}",    "\"", "'",
        "`", ";", ":", ",", "\n", "\r\n", "\t", "    "};
    std::vector<std::string> said;
    const size_t count = Below(12);
    for (size_t i = 0; i < count; ++i) {
      if (Below(3) == 0) {
        said.emplace_back(kBits[Below(kBits.size())]);
      } else {
        const size_t begin = Below(text.size());
        said.emplace_back(text.substr(begin, 1 + Below(30)));
      }
    }
    return said;
  }

 private:
  std::mt19937 random_;
};

// How it meets what stands on the cursor's line.
void CheckSeam(const CompletionRequest& request, const std::string& text) {
  const CursorLine line = LineAtCursor(request.before, request.after);
  EXPECT_FALSE(IsGlued(text, line.after));
  EXPECT_FALSE(IsGlued(request.before, line.after)) << "within a word";
  if (StandsBeforeContent(line)) {
    EXPECT_TRUE(text.ends_with("\n" + std::string(line.before)));
  } else {
    EXPECT_FALSE(text.ends_with('\n'));
  }
  // No indentation at a file's start, but that of what is pushed down.
  const bool indented = text.starts_with(' ') || text.starts_with('\t');
  if (grammars::IsBlank(request.before) && !line.after.starts_with(' ')) {
    EXPECT_FALSE(indented);
  }
}

// Nothing that was well-formed is not so with it.
void CheckSyntax(const CompletionRequest& request, const std::string& text) {
  const auto syntax =
      CursorSyntax::Of(request.syntax, request.before, request.after);
  if (!syntax) return;
  if (syntax->context().place != grammars::Place::kCode) {
    EXPECT_EQ(grammars::TrimRight(text).find('\n'), std::string::npos);
  }
  auto budget = grammars::CheckBudget::Unlimited();
  const auto errors =
      syntax->tree().CheckInsertion(syntax->cursor_ofs(), text, &budget);
  ASSERT_TRUE(errors.has_value());
  if (!errors->half_typed) {
    EXPECT_TRUE(errors->fits);
  }
}

void CheckPromises(const CompletionRequest& request,
                   const Completion& completion) {
  const std::string& text = completion.text;
  EXPECT_EQ(text.empty(), !completion.trace.suppressed_by.empty());
  if (text.empty()) return;
  EXPECT_FALSE(grammars::IsBlank(text));
  EXPECT_EQ(base::ValidUtf8Prefix(text), text.size());
  CheckSeam(request, text);
  CheckSyntax(request, text);
}

TEST(ShownPropertyTest, PromisesHoldWhateverTheModelSays) {
  GenerationSlot slot(20'261'122);
  CompletionOptions options;
  options.min_confidence = kShowAll;
  options.syntax_budget = grammars::CheckBudget::Unlimited();
  for (int round = 0; round < 800; ++round) {
    const Source& source = kSources[slot.Below(kSources.size())];
    const size_t cursor = slot.Below(source.text.size() + 1);
    CompletionRequest request{
        .path = std::string(source.path),
        .before = std::string(source.text.substr(0, cursor)),
        .after = std::string(source.text.substr(cursor))};
    request.syntax = ParseForRequest(grammars::LanguageOfPath(source.path),
                                     std::string(source.text), cursor);
    const auto said = slot.Say(source.text);
    FakeGenerator generator(said);
    CompletionService service(generator);
    const auto completion = service.Complete(request, options);
    ASSERT_TRUE(completion.has_value());
    CheckPromises(request, *completion);
    if (testing::Test::HasFailure()) {
      FAIL() << "round " << round << "\n"
             << request.before << "|" << request.after
             << "\nsaid: " << testing::PrintToString(said)
             << "\nshown: " << completion->text;
    }
  }
}

// A token for each run of word characters or blanks, and for all else.
std::vector<std::string> PiecesOf(std::string_view text) {
  const auto kind = [](char c) {
    if (c == ' ') return 1;
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ? 2 : 0;
  };
  std::vector<std::string> tokens;
  for (const char c : text) {
    const bool joins = !tokens.empty() && kind(c) != 0 &&
                       kind(c) == kind(tokens.back().back());
    if (joins) {
      tokens.back() += c;
    } else {
      tokens.emplace_back(1, c);
    }
  }
  return tokens;
}

TEST(ShownPropertyTest, WhatTrulyFollowsOnTheLineIsShownAsItIs) {
  CompletionOptions options;
  options.min_confidence = kShowAll;
  options.extent = CompletionExtent::kLine;
  options.syntax_budget = grammars::CheckBudget::Unlimited();
  for (const Source& source : kSources) {
    for (size_t cursor = 1; cursor < source.text.size(); ++cursor) {
      const std::string_view before = source.text.substr(0, cursor);
      const std::string_view after = source.text.substr(cursor);
      const std::string_view rest =
          grammars::TrimRight(after.substr(0, after.find('\n')));
      if (grammars::IsBlank(rest) || rest.front() == ' ' ||
          before.back() != ' ')
        continue;
      CompletionRequest request{
          .path = std::string(source.path),
          .before = std::string(before),
          .after = std::string(after.substr(rest.size()))};
      request.syntax = ParseForRequest(grammars::LanguageOfPath(source.path),
                                       request.before + request.after, cursor);
      FakeGenerator generator(PiecesOf(rest));
      CompletionService service(generator);
      const auto completion = service.Complete(request, options);
      ASSERT_TRUE(completion.has_value());
      EXPECT_EQ(completion->text, rest)
          << source.path << ": " << before << "|\n"
          << completion->trace.suppressed_by;
    }
  }
}

}  // namespace
}  // namespace krait::completion
