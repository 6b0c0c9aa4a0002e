// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/line_tokenizer.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/file/gguf.h"
#include "tests/engine/tokenizer/golden_cases.h"

namespace krait::engine {
namespace {

struct VocabularyCase {
  const char* file;  // in tests/data/tokenizers; empty: the default model's
  bool lines_are_independent;
};

std::ostream& operator<<(std::ostream& out, const VocabularyCase& vocabulary) {
  return out << vocabulary.file;
}

class LineTokenizerTest : public testing::TestWithParam<VocabularyCase> {
 protected:
  void SetUp() override {
    const std::string file = GetParam().file;
    auto tokenizer =
        file.empty()
            ? FromDefaultModel()
            : Tokenizer::FromFile(KRAIT_TEST_DATA "/tokenizers/" + file);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    tokenizer_ = std::move(*tokenizer);
  }

  static Result<std::unique_ptr<Tokenizer>> FromDefaultModel() {
    const auto gguf = GgufFile::Open(KRAIT_DEFAULT_MODEL);
    if (!gguf) return gguf.error();
    return Tokenizer::FromGguf(**gguf);
  }

  void ExpectSame(LineTokenizer& lines, const std::string& text) {
    for (const DummyPrefix dummy :
         {DummyPrefix::kAsTrained, DummyPrefix::kNone}) {
      std::vector<TokenId> ids;
      lines.Encode(text, dummy, &ids);
      ASSERT_EQ(ids, tokenizer_->Encode(text, dummy)) << text;
    }
    ASSERT_EQ(lines.Count(text),
              tokenizer_->Encode(text, DummyPrefix::kNone).size());
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  std::mt19937 random_{7};
};

TEST_P(LineTokenizerTest, KnowsWhetherLinesAreIndependent) {
  EXPECT_EQ(tokenizer_->LinesAreIndependent(),
            GetParam().lines_are_independent);
}

TEST_P(LineTokenizerTest, GivesTheIdsOfTheWholeText) {
  LineTokenizer lines(*tokenizer_);
  ExpectSame(lines, "");
  ExpectSame(lines, "\n");
  ExpectSame(lines, "\n\n\n  \n");
  std::string all;
  for (const GoldenCase& c : LoadGoldenCases("sp512")) {
    ExpectSame(lines, c.text);
    all += c.text;
    all += '\n';
  }
  ExpectSame(lines, all);
}

TEST_P(LineTokenizerTest, GivesTheIdsOfTheWholeTextUnderRandomEdits) {
  // So small that lines are forgotten all the time.
  LineTokenizer lines(*tokenizer_, 2000);
  const std::vector<std::string> parts = {
      "def f(x):", "\n",   "\n\n",   "    ", "\t",   "return x",
      " ",         "\r\n", "é",      "▁",    "\xff", "// ",
      "[PREFIX]",  "0x1F", "<0x0A>", "世界"};
  std::string text;
  for (size_t step = 0; step < 400; ++step) {
    const size_t at = text.empty() ? 0 : random_() % text.size();
    if (random_() % 4 == 0) {
      text.erase(at, random_() % 20);
    } else {
      text.insert(at, parts[random_() % parts.size()]);
    }
    ExpectSame(lines, text);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Vocabularies, LineTokenizerTest,
    testing::Values(VocabularyCase{"", true},
                    VocabularyCase{"sp512/tokenizer.model", true},
                    VocabularyCase{"sp1024/tokenizer.json", true},
                    VocabularyCase{"sp4096/tokenizer.model", true},
                    VocabularyCase{"mistral-v3/tokenizer.model.v3", true},
                    VocabularyCase{"neox1024/tokenizer.json", false},
                    VocabularyCase{"tekken/tekken.json", false}));

}  // namespace
}  // namespace krait::engine
