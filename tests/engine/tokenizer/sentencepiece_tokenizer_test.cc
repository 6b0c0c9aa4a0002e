// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/sentencepiece_tokenizer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <unordered_map>

#include "engine/file/gguf.h"
#include "engine/tokenizer/unicode.h"
#include "tests/cpu_clock.h"

namespace krait::engine {
namespace {

const std::string kTestData = KRAIT_TEST_DATA;

constexpr int kRandomTexts = 1500;

std::unique_ptr<Tokenizer> LoadTokenizer(const std::string& path) {
  auto tokenizer = [&] {
    if (!path.ends_with(".gguf")) return Tokenizer::FromFile(path);
    const auto gguf = GgufFile::Open(path);
    if (!gguf) return Result<std::unique_ptr<Tokenizer>>(gguf.error());
    return Tokenizer::FromGguf(**gguf);
  }();
  if (!tokenizer) {
    ADD_FAILURE() << tokenizer.error().message;
    return nullptr;
  }
  return std::move(*tokenizer);
}

// The definition of the algorithm, without any cleverness: user-defined pieces
// first, longest first; then, over the whole text, the best pair of neighbours
// merges, again and again. Scores fall with the id in the vocabularies tested
// here, so that the smaller id is the better one.
class PlainBpe {
 public:
  PlainBpe(const Tokenizer& tokenizer, bool dummy_prefix)
      : dummy_prefix_(dummy_prefix) {
    for (TokenId id = 0; id < tokenizer.vocab_size(); ++id) {
      const std::string name(tokenizer.TokenName(id));
      if (tokenizer.IsControl(id)) continue;
      const auto byte = ParseByteName(name);
      if (byte) {
        bytes_[*byte] = id;
      } else if (IsUserDefined(name)) {
        user_defined_[name] = id;
      } else {
        pieces_[name] = id;
      }
    }
  }

  std::vector<TokenId> Encode(const std::string& text) const {
    std::vector<Symbol> symbols = Split(text);
    while (MergeBest(&symbols)) {
    }
    std::vector<TokenId> ids;
    for (const Symbol& symbol : symbols) {
      if (symbol.frozen) {
        ids.push_back(user_defined_.at(symbol.text));
        continue;
      }
      if (const auto piece = pieces_.find(symbol.text);
          piece != pieces_.end()) {
        ids.push_back(piece->second);
        continue;
      }
      for (const char c : symbol.text) {
        ids.push_back(bytes_.at(static_cast<unsigned char>(c)));
      }
    }
    return ids;
  }

 private:
  struct Symbol {
    std::string text;
    bool frozen;
  };

  static bool IsUserDefined(const std::string& name) {
    return name.starts_with("[REFERENCE_DOC_") ||
           (name.size() > 1 && name.find_first_not_of('\t') == name.npos);
  }

  std::vector<Symbol> Split(const std::string& text) const {
    std::string marked;
    if (dummy_prefix_ && !text.empty()) marked = kSpaceMark;
    for (const char c : text) {
      if (c == ' ') {
        marked += kSpaceMark;
      } else {
        marked += c;
      }
    }
    std::vector<Symbol> symbols;
    for (size_t pos = 0; pos < marked.size();) {
      Symbol symbol{marked.substr(pos, DecodeUtf8(marked, pos).size), false};
      for (const auto& [name, id] : user_defined_) {
        const bool longer = !symbol.frozen || name.size() > symbol.text.size();
        if (marked.compare(pos, name.size(), name) == 0 && longer) {
          symbol = {name, true};
        }
      }
      pos += symbol.text.size();
      symbols.push_back(symbol);
    }
    return symbols;
  }

  bool MergeBest(std::vector<Symbol>* symbols) const {
    size_t best_at = 0;
    TokenId best = UINT32_MAX;
    for (size_t i = 0; i + 1 < symbols->size(); ++i) {
      const Symbol& left = (*symbols)[i];
      const Symbol& right = (*symbols)[i + 1];
      if (left.frozen || right.frozen) continue;
      const auto piece = pieces_.find(left.text + right.text);
      if (piece == pieces_.end() || piece->second >= best) continue;
      best = piece->second;
      best_at = i;
    }
    if (best == UINT32_MAX) return false;
    (*symbols)[best_at].text += (*symbols)[best_at + 1].text;
    symbols->erase(symbols->begin() + static_cast<ptrdiff_t>(best_at) + 1);
    return true;
  }

  const bool dummy_prefix_;
  std::unordered_map<std::string, TokenId> pieces_;
  std::map<std::string, TokenId> user_defined_;
  std::map<uint8_t, TokenId> bytes_;
};

std::string RandomText(const Tokenizer& tokenizer, std::mt19937* random) {
  static const std::vector<std::string> kLines = {
      "    for (size_t i = 0; i < n; ++i) {\n",
      "\t\t\t\t\tif err != nil {\r\n",
      "def __init__(self, *args, **kwargs):  # naïve 日本語 😀\n",
      "                         return x;  \n\n\n",
      "[REFERENCE_DOC_1][REFERENCE_DOC_12] [REFERENCE_DOC_",
      "\xFF\xC3(\xE2\x96 \xE2\x96\x81 \xF0\x9F\x98",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  };
  const auto below = [random](size_t limit) { return (*random)() % limit; };
  std::string text;
  for (size_t parts = 1 + below(12); parts > 0; --parts) {
    const size_t kind = below(10);
    if (kind == 0) {
      text += kLines[below(kLines.size())];
    } else if (kind == 1) {
      text += static_cast<char>(below(256));
    } else if (kind == 2) {
      text += " ";
    } else {
      text += tokenizer.TokenBytes(
          static_cast<TokenId>(below(tokenizer.vocab_size())));
    }
  }
  return text;
}

void CheckAgainstPlainBpe(const std::string& path, bool dummy_prefix) {
  const auto tokenizer = LoadTokenizer(path);
  ASSERT_NE(tokenizer, nullptr);
  const PlainBpe plain(*tokenizer, dummy_prefix);
  std::mt19937 random(20261121);
  for (int i = 0; i < kRandomTexts; ++i) {
    const std::string text = RandomText(*tokenizer, &random);
    ASSERT_EQ(tokenizer->Encode(text), plain.Encode(text)) << text;
  }
}

TEST(SentencePieceTokenizerTest, EqualsPlainBpeOnSp512) {
  CheckAgainstPlainBpe(kTestData + "/tokenizers/sp512/tokenizer.model", true);
}
TEST(SentencePieceTokenizerTest, EqualsPlainBpeOnSp512FromJson) {
  CheckAgainstPlainBpe(kTestData + "/tokenizers/sp512/tokenizer.json", true);
}
TEST(SentencePieceTokenizerTest, EqualsPlainBpeOnSp4096) {
  CheckAgainstPlainBpe(kTestData + "/tokenizers/sp4096/tokenizer.model", true);
}
TEST(SentencePieceTokenizerTest, EqualsPlainBpeOnTheDefaultModel) {
  CheckAgainstPlainBpe(KRAIT_DEFAULT_MODEL, false);
}

// Two words in one piece, and a newline within one: text cannot be cut there.
TEST(SentencePieceTokenizerTest, MergesAcrossWordsWhereThePiecesDo) {
  SentencePieceSpec spec;
  spec.source = "test";
  const std::vector<std::pair<const char*, TokenType>> pieces = {
      {"<unk>", TokenType::kUnknown}, {"a▁b", TokenType::kNormal},
      {"b\nb", TokenType::kNormal},   {"a▁", TokenType::kNormal},
      {"b\n", TokenType::kNormal},    {"▁", TokenType::kNormal},
      {"a", TokenType::kNormal},      {"b", TokenType::kNormal},
      {"\n", TokenType::kNormal},
  };
  for (const auto& [name, type] : pieces) {
    ASSERT_TRUE(spec.vocabulary.Add(name, type));
    spec.scores.push_back(-static_cast<float>(spec.scores.size()));
  }
  spec.special.unknown = 0;
  spec.add_dummy_prefix = false;
  const auto tokenizer = SentencePieceTokenizer::Create(std::move(spec));
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ((*tokenizer)->Encode("a b\nb"), (std::vector<TokenId>{1, 8, 7}));
  EXPECT_EQ((*tokenizer)->Encode("ba b"), (std::vector<TokenId>{7, 1}));
  EXPECT_EQ((*tokenizer)->Encode("b\nb"), (std::vector<TokenId>{2}));
  // Without byte pieces, a run of unknown characters is one unknown token.
  EXPECT_EQ((*tokenizer)->Encode("axyzéb\xFF"),
            (std::vector<TokenId>{6, 0, 7, 0}));
}

// "ab" is a piece, "a" and "b" are not: they merge all the same, and stand for
// their bytes alone. "abc" is unused: it is put out as its parts.
TEST(SentencePieceTokenizerTest, KnowsVirtualSymbolsAndUnusedPieces) {
  SentencePieceSpec spec;
  spec.source = "test";
  spec.vocabulary.Add("<unk>", TokenType::kUnknown);
  spec.vocabulary.Add("abc", TokenType::kUnused);
  spec.vocabulary.Add("ab", TokenType::kNormal);
  spec.vocabulary.Add("c", TokenType::kNormal);
  spec.scores = {0, -1, -2, -3};
  for (int i = 0; i < 256; ++i) {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", static_cast<unsigned>(i));
    spec.vocabulary.Add(name, TokenType::kByte);
    spec.scores.push_back(0);
  }
  spec.special.unknown = 0;
  spec.add_dummy_prefix = false;
  const auto tokenizer = SentencePieceTokenizer::Create(std::move(spec));
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ((*tokenizer)->Encode("ab"), (std::vector<TokenId>{2}));
  EXPECT_EQ((*tokenizer)->Encode("abc"), (std::vector<TokenId>{2, 3}));
  EXPECT_EQ((*tokenizer)->Encode("ba"),
            (std::vector<TokenId>{4 + 'b', 4 + 'a'}));
}

// As the format's defaults say for a file that has no normalizer_spec.
TEST(SentencePieceTokenizerTest, RemovesExtraSpacesWhereTheFileSaysSo) {
  const auto tokenizer = LoadTokenizer(
      kTestData + "/malformed/tokenizers/00-control-valid-mini.model");
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_EQ(tokenizer->Encode("  a   b  "), tokenizer->Encode("a b"));
  EXPECT_EQ(tokenizer->Encode("a ▁"), tokenizer->Encode("a"));
  EXPECT_TRUE(tokenizer->Encode("   ").empty());
  EXPECT_EQ(tokenizer->Decode(tokenizer->Encode(" a  b ")), "a b");
}

TEST(SentencePieceTokenizerTest, TokenisesLineByLineAsTheWholeText) {
  const auto tokenizer =
      LoadTokenizer(kTestData + "/tokenizers/mistral-v3/tokenizer.model.v3");
  ASSERT_NE(tokenizer, nullptr);
  const std::vector<std::string> lines = {
      "import os\n", "\n", "    x = 1\n", "\tdef f():\r\n", "  \n", "end"};
  std::string whole;
  std::vector<TokenId> by_line;
  for (const std::string& line : lines) {
    tokenizer->Encode(
        line, whole.empty() ? DummyPrefix::kAsTrained : DummyPrefix::kNone,
        &by_line);
    whole += line;
  }
  EXPECT_EQ(by_line, tokenizer->Encode(whole));
}

TEST(SentencePieceTokenizerTest, FindsRolesByNameAndByKey) {
  const auto mistral =
      LoadTokenizer(kTestData + "/tokenizers/mistral-v3/tokenizer.model.v3");
  ASSERT_NE(mistral, nullptr);
  EXPECT_EQ(mistral->special().bos, 1u);
  EXPECT_EQ(mistral->special().eos, 2u);
  EXPECT_EQ(mistral->special().unknown, 0u);
  EXPECT_EQ(mistral->special().fim_prefix, 11u);
  EXPECT_EQ(mistral->special().fim_middle, 12u);
  EXPECT_EQ(mistral->special().fim_suffix, 13u);
  EXPECT_TRUE(mistral->special().add_bos);
  EXPECT_EQ(mistral->FindToken("[PREFIX]"), 11u);
  EXPECT_EQ(mistral->FindToken("▁def"), mistral->Encode("def").at(0));
  EXPECT_EQ(mistral->FindToken("no such token"), std::nullopt);
  EXPECT_TRUE(mistral->IsControl(3));
  EXPECT_FALSE(mistral->IsControl(4000000000u));
  EXPECT_EQ(mistral->TokenBytes(4000000000u), "");
  EXPECT_EQ(mistral->TokenName(4000000000u), "");
  EXPECT_EQ(mistral->TokenBytes(781), "\n");
  const auto ours = LoadTokenizer(KRAIT_DEFAULT_MODEL);
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(ours->special().fim_prefix, 5u);
  EXPECT_EQ(ours->special().fim_suffix, 7u);
}

// A megabyte of the worst text takes about as long as ten times a tenth of it;
// quadratic time would need minutes.
TEST(SentencePieceTokenizerTest, TakesNearLinearTimeForHostileText) {
  const auto tokenizer =
      LoadTokenizer(kTestData + "/tokenizers/mistral-v3/tokenizer.model.v3");
  ASSERT_NE(tokenizer, nullptr);
  std::mt19937 random(1);
  std::string noise(1 << 20, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& text :
       {std::string(1 << 20, 'a'), std::string(1 << 20, ' '),
        std::string(1 << 20, '\n'), std::string(1 << 20, '='), noise}) {
    const auto start = CpuClock::now();
    const std::vector<TokenId> ids = tokenizer->Encode(text);
    const std::chrono::duration<double> seconds = CpuClock::now() - start;
    EXPECT_LT(seconds.count(), 10.0) << "of " << int{text[0]};
    EXPECT_EQ(tokenizer->Decode(ids), text);
  }
}

}  // namespace
}  // namespace krait::engine
