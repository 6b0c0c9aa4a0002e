// SPDX-License-Identifier: Apache-2.0
#include "engine/prompt/fim.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "engine/file/gguf.h"
#include "tests/engine/tokenizer/golden_cases.h"

namespace krait::engine {
namespace {

using Ids = std::vector<TokenId>;

std::unique_ptr<Tokenizer> Load(const std::string& file) {
  auto tokenizer =
      Tokenizer::FromFile(std::string(KRAIT_TEST_DATA) + "/tokenizers/" + file);
  if (!tokenizer) {
    ADD_FAILURE() << tokenizer.error().message;
    return nullptr;
  }
  return std::move(*tokenizer);
}

std::unique_ptr<Tokenizer> LoadDefaultModels() {
  const auto gguf = GgufFile::Open(KRAIT_DEFAULT_MODEL);
  if (!gguf) return nullptr;
  auto tokenizer = Tokenizer::FromGguf(**gguf);
  return tokenizer ? std::move(*tokenizer) : nullptr;
}

Ids Build(const Tokenizer& tokenizer, FimLayout layout, const FimPrompt& prompt,
          std::optional<TokenId> file_token = std::nullopt) {
  const auto ids = BuildFimPrompt(tokenizer, layout, prompt, file_token);
  if (!ids) ADD_FAILURE() << ids.error().message;
  return ids ? *ids : Ids{};
}

// All control tokens visible, so that tests can be read.
std::string Show(const Tokenizer& tokenizer, const Ids& ids) {
  std::string text;
  for (const TokenId id : ids) {
    text += tokenizer.IsControl(id) ? tokenizer.TokenName(id)
                                    : tokenizer.TokenBytes(id);
  }
  return text;
}

void CheckSpmAgainstMistral(const std::string& file, const char* key) {
  const auto tokenizer = Load(file);
  ASSERT_NE(tokenizer, nullptr);
  simdjson::dom::parser parser;
  const simdjson::dom::element golden =
      parser.load(std::string(KRAIT_TEST_DATA) + "/tokenizers/fim.json");
  size_t compared = 0;
  for (const auto c : simdjson::dom::array(golden["cases"])) {
    const auto text = [&c](const char* field) {
      std::string_view base64;
      const bool is_null = c[field].get(base64) != simdjson::SUCCESS;
      return is_null ? std::string() : DecodeBase64ForTest(base64);
    };
    const std::string prefix = text("prefix_b64");
    const std::string suffix = text("suffix_b64");
    EXPECT_EQ(Build(*tokenizer, FimLayout::kSpm,
                    {.path = "ignored.py", .prefix = prefix, .suffix = suffix}),
              IdsOf(c["out"][key]["ids"]))
        << prefix << "|" << suffix;
    ++compared;
  }
  EXPECT_GE(compared, 5u);
}

TEST(FimTest, SpmEqualsMistralOnSp1024) {
  CheckSpmAgainstMistral("sp1024/tokenizer.model", "sp1024 as v3");
}
TEST(FimTest, SpmEqualsMistralOnSp4096) {
  CheckSpmAgainstMistral("sp4096/tokenizer.model", "sp4096 as v3");
}
TEST(FimTest, SpmEqualsMistralOnTheRealVocabulary) {
  CheckSpmAgainstMistral("mistral-v3/tokenizer.model.v3", "mistral v3 (real)");
}

FimLayout LayoutOf(std::string_view order) {
  return order == "spm" ? FimLayout::kSpm : FimLayout::kPsm;
}

// Each family's order is known by its vocabulary, and its prompts are those
// that it was trained with.
TEST(FimTest, EqualsTheReferenceForEachFamily) {
  simdjson::dom::parser parser;
  const simdjson::dom::element golden = parser.load(
      std::string(KRAIT_TEST_DATA) + "/tokenizers/families/fim.json");
  size_t compared = 0;
  for (const auto& family : simdjson::dom::object(golden["families"])) {
    const std::string name(std::string_view(family.value["tokenizer"]));
    if (name.find('/') != name.npos) continue;  // Mistral's, above
    SCOPED_TRACE(name);
    const std::string folder = "families/" + name.substr(name.find('-') + 1);
    const auto tokenizer =
        Load(folder + (name.starts_with("sp-") ? "/tokenizer.model"
                                               : "/tokenizer.json"));
    ASSERT_NE(tokenizer, nullptr);
    const FimLayout layout = LayoutOf(std::string_view(family.value["order"]));
    EXPECT_EQ(tokenizer->special().fim_order,
              layout == FimLayout::kSpm ? FimOrder::kSpm : FimOrder::kPsm);
    for (const auto c : simdjson::dom::array(golden["cases"])) {
      const std::string prefix =
          DecodeBase64ForTest(std::string_view(c["prefix_b64"]));
      const std::string suffix =
          DecodeBase64ForTest(std::string_view(c["suffix_b64"]));
      EXPECT_EQ(Build(*tokenizer, layout,
                      {.path = "", .prefix = prefix, .suffix = suffix}),
                IdsOf(c["ids"][family.key]))
          << prefix << "|" << suffix;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 100U);
}

// A model of StarCoder's tokens that was trained with the suffix first, as
// Mellum, sees the middle's token; Mistral's order has none.
TEST(FimTest, AnOrderThatIsNamedKeepsTheFamilysMiddle) {
  const FimPrompt prompt{.path = "", .prefix = "x = ", .suffix = "\ny\n"};
  const auto show = [&](const char* file) {
    const auto tokenizer =
        Tokenizer::FromFile(std::string(KRAIT_TEST_DATA "/tokenizers/") + file,
                            {.order = FimTraining::kSpm});
    EXPECT_TRUE(tokenizer);
    return Show(**tokenizer, Build(**tokenizer, FimLayout::kSpm, prompt));
  };
  EXPECT_EQ(show("families/refact/tokenizer.json"),
            "<fim_suffix>\ny\n<fim_prefix>x = <fim_middle>");
  EXPECT_EQ(show("sp1024/tokenizer.model"), "<s>[SUFFIX]\ny\n[PREFIX] x = ");
}

constexpr std::array<FimContext, 2> kContext = {
    FimContext{.path = "b.py", .text = "def b():\n"},
    FimContext{.path = "c.py", .text = "C = 1\n"}};

std::string ShowWithContext(const Tokenizer& tokenizer, FimLayout layout,
                            std::optional<TokenId> file_token = {}) {
  return Show(tokenizer, Build(tokenizer, layout,
                               {.path = "a.py",
                                .prefix = "x = ",
                                .suffix = "\ny = 2\n",
                                .anchor = 0,
                                .context = kContext,
                                .repository = "shop",
                                .line_comment = "#"},
                               file_token));
}

// As models/train/documents.py has it.
TEST(FimTest, ContextIsOfFilesAsTheDefaultModelWasTrained) {
  const auto tokenizer = LoadDefaultModels();
  ASSERT_NE(tokenizer, nullptr);
  const std::string files =
      "<s>[FILE]b.py[PREFIX]def b():\n[FILE]c.py[PREFIX]C = 1\n[FILE]a.py";
  EXPECT_EQ(ShowWithContext(*tokenizer, FimLayout::kSpm, 8),
            files + "[SUFFIX]\ny = 2\n[PREFIX]x = ");
  EXPECT_EQ(ShowWithContext(*tokenizer, FimLayout::kPrefix, 8),
            files + "[PREFIX]x = ");
}

TEST(FimTest, ContextIsBetweenSeparatorsWhereThereAreSome) {
  const auto tokenizer = Load("families/qwen2/tokenizer.json");
  ASSERT_NE(tokenizer, nullptr);
  const std::string files =
      "<|repo_name|>shop\n<|file_sep|>b.py\ndef b():\n<|file_sep|>c.py\nC = "
      "1\n<|file_sep|>a.py\n";
  EXPECT_EQ(ShowWithContext(*tokenizer, FimLayout::kAnchoredPsm),
            files + "<|fim_prefix|><|fim_suffix|>\ny = 2\n<|fim_middle|>x = ");
}

TEST(FimTest, ContextIsCommentsWhereThereAreNone) {
  const auto tokenizer = Load("mistral-v3/tokenizer.model.v3");
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_EQ(ShowWithContext(*tokenizer, FimLayout::kSpm),
            "<s> # b.py\n# def b():\n# c.py\n# C = 1\n[SUFFIX]\ny = "
            "2\n[PREFIX] x = ");
}

TEST(FimTest, ContextSaysWhichPiecesItIs) {
  const auto tokenizer = LoadDefaultModels();
  ASSERT_NE(tokenizer, nullptr);
  const FimPrompt prompt{
      .path = "a.py", .prefix = "x", .suffix = "", .context = kContext};
  const auto with = LayOutFim(*tokenizer, FimLayout::kSpm, prompt, 8);
  ASSERT_TRUE(with);
  EXPECT_EQ(with->context, 1U + 2 * 4);
  const auto without = LayOutFim(*tokenizer, FimLayout::kSpm,
                                 {.path = "", .prefix = "x", .suffix = ""}, 8);
  ASSERT_TRUE(without);
  EXPECT_EQ(without->context, 0U);
}

TEST(FimTest, LaysOutPartsAsTheDefaultModelWasTrained) {
  const auto tokenizer = LoadDefaultModels();
  ASSERT_NE(tokenizer, nullptr);
  const auto file = tokenizer->FindToken("[FILE]");
  ASSERT_TRUE(file);
  const FimPrompt prompt{.path = "a.py", .prefix = "x = ", .suffix = "\ny\n"};
  const auto show = [&](FimLayout layout, std::optional<TokenId> file_token) {
    return Show(*tokenizer, Build(*tokenizer, layout, prompt, file_token));
  };
  EXPECT_EQ(show(FimLayout::kSpm, file),
            "<s>[FILE]a.py[SUFFIX]\ny\n[PREFIX]x = ");
  EXPECT_EQ(show(FimLayout::kSpm, {}), "<s>[SUFFIX]\ny\n[PREFIX]x = ");
  EXPECT_EQ(show(FimLayout::kPsm, file),
            "<s>[FILE]a.py[PREFIX]x = [SUFFIX]\ny\n[MIDDLE]");
  EXPECT_EQ(show(FimLayout::kPsm, {}), "<s>[PREFIX]x = [SUFFIX]\ny\n[MIDDLE]");
  EXPECT_EQ(show(FimLayout::kPrefix, file), "<s>[FILE]a.py[PREFIX]x = ");
  EXPECT_EQ(show(FimLayout::kPrefix, {}), "<s>x = ");
}

TEST(FimTest, EmulatesWithTheSuffixAsEarlierText) {
  const auto tokenizer = LoadDefaultModels();
  ASSERT_NE(tokenizer, nullptr);
  const auto show = [&](const FimPrompt& prompt) {
    return Show(*tokenizer, Build(*tokenizer, FimLayout::kEmulated, prompt));
  };
  EXPECT_EQ(show({.path = "a.py", .prefix = "x = ", .suffix = "1\ny"}),
            "<s>1\ny\n\n\na.py\nx = ");
  EXPECT_EQ(show({.path = "", .prefix = "x = ", .suffix = "y\n"}),
            "<s>y\n\n\nx = ");
  EXPECT_EQ(show({.path = "", .prefix = "x = ", .suffix = " \n"}), "<s>x = ");
}

// Typing appends to the prompt in every layout but PSM: the ids of all but the
// last word stay.
TEST(FimTest, TypingOnlyAppends) {
  const auto tokenizer = Load("mistral-v3/tokenizer.model.v3");
  ASSERT_NE(tokenizer, nullptr);
  for (const FimLayout layout :
       {FimLayout::kSpm, FimLayout::kEmulated, FimLayout::kPrefix}) {
    FimPrompt prompt{.path = "", .prefix = "int main() {", .suffix = "\n}\n"};
    const Ids before = Build(*tokenizer, layout, prompt);
    prompt.prefix = "int main() {\n  return";
    const Ids after = Build(*tokenizer, layout, prompt);
    ASSERT_GT(after.size(), before.size());
    EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()))
        << FimLayoutName(layout);
  }
}

// Behind an anchor it only appends there, too, and before it nothing changes.
TEST(FimTest, AnAnchoredMiddleBeginsAtTheAnchor) {
  const auto tokenizer = Load("mistral-v3/tokenizer.model.v3");
  ASSERT_NE(tokenizer, nullptr);
  const std::string_view prefix = "int main() {\n  return";
  FimPrompt prompt{
      .path = "", .prefix = prefix, .suffix = "\n}\n", .anchor = 13};
  const Ids ids = Build(*tokenizer, FimLayout::kAnchoredPsm, prompt);
  EXPECT_EQ(Show(*tokenizer, ids),
            "<s>[PREFIX] int main() {\n[SUFFIX]\n}\n[MIDDLE]  return");
  prompt.anchor = prefix.size();
  EXPECT_EQ(Build(*tokenizer, FimLayout::kAnchoredPsm, prompt),
            Build(*tokenizer, FimLayout::kPsm, prompt));
  prompt.anchor = prefix.size() + 1;  // no anchor of this prefix
  EXPECT_EQ(Build(*tokenizer, FimLayout::kAnchoredPsm, prompt),
            Build(*tokenizer, FimLayout::kPsm, prompt));
}

TEST(FimTest, NamesTheMissingToken) {
  const auto tokenizer = Load("neox1024/tokenizer.json");
  ASSERT_NE(tokenizer, nullptr);
  const auto spm = BuildFimPrompt(*tokenizer, FimLayout::kSpm, {}, {});
  ASSERT_FALSE(spm);
  EXPECT_NE(spm.error().message.find("FIM prefix"), std::string::npos);
  EXPECT_TRUE(BuildFimPrompt(*tokenizer, FimLayout::kEmulated, {}, {}));
}

TEST(FimTest, RefusesAFileTokenOutsideOfTheVocabulary) {
  const auto tokenizer = Load("sp512/tokenizer.model");
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_FALSE(BuildFimPrompt(*tokenizer, FimLayout::kSpm, {}, 512));
}

TEST(FimTest, BeginsWithoutBosWhereTheModelHasNone) {
  const auto tokenizer = Load("neox1024/tokenizer.json");
  ASSERT_NE(tokenizer, nullptr);
  const Ids ids = Build(*tokenizer, FimLayout::kPrefix,
                        {.path = "", .prefix = "def", .suffix = ""});
  EXPECT_EQ(ids, tokenizer->Encode("def"));
}

}  // namespace
}  // namespace krait::engine
