// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/fim_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/arch/model.h"
#include "tests/daemon/completion/default_model.h"

namespace krait::daemon {
namespace {

using engine::FimLayout;
using engine::TokenId;
using testing::HasSubstr;
using testing::IsEmpty;

// What takes so long, of which nothing is warm.
PromptCost Seconds(double seconds) {
  const PromptCost::Seconds time(seconds);
  return {.missing = 1000, .time = time, .cold_time = time};
}

constexpr std::string_view kPrefix = "def total(prices):\n    return ";
constexpr std::string_view kSuffix =
    "\n\ndef tax(total):\n    return 0.2 * total\n";
constexpr std::string_view kEarlier = "\n    return 0.2 * total\n";

// The default model's FIM layout has the suffix first.
class FimPlannerTest : public testing::Test {
 protected:
  void SetUp() override {
    model_ = completion::LoadDefaultModel();
    ASSERT_NE(model_, nullptr);
    planner_ = std::make_unique<FimPlanner>(model_->tokenizer(),
                                            model_->hyperparameters());
    ASSERT_EQ(TrainedLayout(model_->tokenizer()), FimLayout::kSpm);
  }

  // The plan, if layouts take so long, in seconds: with the suffix, with the
  // earlier one, without any.
  FimPlan Plan(double with_suffix, double with_earlier, double without,
               bool has_earlier = true) {
    completion::GeneratorPrompt prompt{
        .path = "a.py", .prefix = kPrefix, .suffix = kSuffix};
    const size_t suffix_size = Tokens(prompt).size();
    prompt.suffix = kEarlier;
    const size_t earlier_size = Tokens(prompt).size();
    prompt.suffix = kSuffix;
    if (has_earlier) prompt.earlier_suffix = kEarlier;
    const auto plan = planner_->PlanNow(
        prompt, Healing::kNone, [&](const std::vector<TokenId>& tokens) {
          return Seconds(tokens.size() == suffix_size    ? with_suffix
                         : tokens.size() == earlier_size ? with_earlier
                                                         : without);
        });
    EXPECT_TRUE(plan);
    return *plan;
  }

  std::vector<TokenId> Tokens(const completion::GeneratorPrompt& prompt) {
    const auto plan = planner_->PlanNow(prompt, Healing::kNone,
                                        [](const auto&) { return Seconds(0); });
    EXPECT_TRUE(plan);
    return plan->tokens;
  }

  std::shared_ptr<const engine::Model> model_;
  std::unique_ptr<FimPlanner> planner_;
};

TEST_F(FimPlannerTest, WaitsALittleForTheBestLayout) {
  EXPECT_THAT(Plan(0.02, 0, 0).reason, IsEmpty());
  const FimPlan plan = Plan(0.1, 0, 0, /*has_earlier=*/false);
  EXPECT_EQ(plan.layout, FimLayout::kSpm);
  EXPECT_THAT(plan.reason, IsEmpty());
}

TEST_F(FimPlannerTest, TakesTheSuffixOfAnEarlierPlaceIfThatIsWarm) {
  EXPECT_THAT(Plan(0.04, 0.01, 0.01).reason, HasSubstr("the last place"));
  const FimPlan plan = Plan(2, 0.1, 0.1);
  EXPECT_EQ(plan.layout, FimLayout::kSpm);
  EXPECT_EQ(plan.tokens,
            Tokens({.path = "a.py", .prefix = kPrefix, .suffix = kEarlier}));
  EXPECT_THAT(plan.reason, HasSubstr("take 2000 ms, that of the last place is "
                                     "at hand in 100 ms"));
}

TEST_F(FimPlannerTest, TakesThePrefixAloneIfNoSuffixIsWarm) {
  const FimPlan cold_earlier = Plan(2, 1.9, 0.1);
  EXPECT_EQ(cold_earlier.layout, FimLayout::kPrefix);
  EXPECT_THAT(cold_earlier.reason, HasSubstr("the text before the cursor"));
  EXPECT_EQ(Plan(2, 0, 0.1, /*has_earlier=*/false).layout, FimLayout::kPrefix);
}

TEST_F(FimPlannerTest, TakesTheSuffixLastWhereTheModelKnowsBoth) {
  const auto both = engine::Model::Load(
      KRAIT_DEFAULT_MODEL, {.order = engine::FimTraining::kSpmAndPsm});
  ASSERT_TRUE(both);
  FimPlanner planner((*both)->tokenizer(), (*both)->hyperparameters());
  const completion::GeneratorPrompt prompt{
      .path = "a.py", .prefix = kPrefix, .suffix = kSuffix};
  // That with the suffix first is new; it ends with the prefix.
  const std::vector<TokenId> spm = Tokens(prompt);
  const auto predict = [&](const std::vector<TokenId>& tokens) {
    return Seconds(tokens == spm ? 2 : 0.2);
  };
  const auto plan = planner.PlanNow(prompt, Healing::kNone, predict);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->layout, FimLayout::kPsm);
  EXPECT_THAT(plan->reason, HasSubstr("a prompt with it last is at hand"));

  // What is kept warm for it is its beginning, without the suffix.
  const auto warm = planner.PlansToWarm(prompt, predict);
  ASSERT_TRUE(warm);
  ASSERT_EQ(warm->size(), 2U);
  EXPECT_EQ((*warm)[0].tokens, spm);
  const std::vector<TokenId>& prefix = (*warm)[1].tokens;
  EXPECT_EQ(prefix.size(), plan->checkpoints.front());
  EXPECT_TRUE(std::equal(prefix.begin(), prefix.end(), plan->tokens.begin()));
}

TEST_F(FimPlannerTest, KeepsToALayoutThatIsAskedFor) {
  FimPlanner planner(model_->tokenizer(), model_->hyperparameters(),
                     FimLayout::kAnchoredPsm);
  const auto plan =
      planner.PlanNow({.path = "a.py", .prefix = kPrefix, .suffix = kSuffix},
                      Healing::kNone, [](const auto&) { return Seconds(2); });
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->layout, FimLayout::kAnchoredPsm);
  EXPECT_THAT(plan->reason, IsEmpty());
  // The cursor's line is behind the suffix.
  const auto expected =
      engine::BuildFimPrompt(model_->tokenizer(), FimLayout::kAnchoredPsm,
                             {.path = "a.py",
                              .prefix = kPrefix,
                              .suffix = kSuffix,
                              .anchor = kPrefix.find('\n') + 1},
                             model_->hyperparameters().file_token);
  ASSERT_TRUE(expected);
  EXPECT_EQ(plan->tokens, *expected);
}

TEST_F(FimPlannerTest, TheAnchorMovesInAPause) {
  FimPlanner planner(model_->tokenizer(), model_->hyperparameters(),
                     FimLayout::kAnchoredPsm);
  std::string text = "x = 1\n";
  const auto at_hand = [](const auto&) { return Seconds(0); };
  const auto middle = [&] {
    const auto plan =
        planner.PlanNow({.path = "a.py", .prefix = text, .suffix = kSuffix},
                        Healing::kNone, at_hand);
    EXPECT_TRUE(plan);
    // The second one is behind the suffix.
    return plan->tokens.size() - plan->checkpoints[1];
  };
  EXPECT_EQ(middle(), 0U);
  for (int i = 0; i < 40; ++i) text += "yy = 12\n";
  const size_t behind = middle();
  EXPECT_GT(behind, 40U);
  ASSERT_TRUE(planner.PlansToWarm(
      {.path = "a.py", .prefix = text, .suffix = kSuffix}, at_hand));
  EXPECT_EQ(middle(), 0U);
}

TEST_F(FimPlannerTest, AWordIsSaidAnewFromItsBeginning) {
  const auto beginning = [&](std::string_view prefix, Healing heal) {
    const auto plan =
        planner_->PlanNow({.path = "a.py", .prefix = prefix, .suffix = kSuffix},
                          heal, [](const auto&) { return Seconds(0); });
    EXPECT_TRUE(plan);
    return plan ? plan->beginning : "";
  };
  EXPECT_EQ(beginning("x = self._convert_oth", Healing::kWord),
            "._convert_oth");
  EXPECT_EQ(beginning("x = _convert_oth", Healing::kWord), " _convert_oth");
  EXPECT_EQ(beginning("x = self._", Healing::kWord), "._");
  EXPECT_EQ(beginning("x = 1\n", Healing::kWord), "");
  EXPECT_EQ(beginning("f(", Healing::kWord), beginning("f(", Healing::kToken));
  EXPECT_EQ(beginning("x = self._convert_oth", Healing::kNone), "");
  EXPECT_LT(beginning("x = self._convert_oth", Healing::kToken).size(),
            std::string("_convert_oth").size());
}

// Vocabularies of other people's models.
class FimPlannerVocabularyTest
    : public testing::TestWithParam<std::pair<const char*, bool>> {};

// Where "\n       " is a token, a prompt that ends with "\n" alone says that
// what follows is not indented.
TEST_P(FimPlannerVocabularyTest, ALinesEndIsSaidAnewWithItsIndentation) {
  const auto& [file, joins] = GetParam();
  const auto tokenizer = engine::Tokenizer::FromFile(
      std::string(KRAIT_TEST_DATA "/tokenizers/families/") + file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const engine::Hyperparameters hparams;
  FimPlanner planner(**tokenizer, hparams, FimLayout::kPrefix);
  const auto plan_for = [&](std::string_view prefix, Healing heal) {
    const auto plan =
        planner.PlanNow({.path = {}, .prefix = prefix, .suffix = {}}, heal,
                        [](const auto&) { return Seconds(0); });
    EXPECT_TRUE(plan);
    return plan ? *plan : FimPlan();
  };
  const std::string text = "for x in y:\n";
  for (const Healing heal : {Healing::kToken, Healing::kWord}) {
    const FimPlan plan = plan_for(text, heal);
    EXPECT_EQ(plan.beginning, joins ? "\n" : "");
    auto whole = (*tokenizer)->Encode(text + "        z = x\n");
    const engine::SpecialTokens& special = (*tokenizer)->special();
    if (special.add_bos) whole.insert(whole.begin(), *special.bos);
    ASSERT_LT(plan.tokens.size(), whole.size());
    EXPECT_TRUE(
        std::equal(plan.tokens.begin(), plan.tokens.end(), whole.begin()))
        << "not as the line goes on";
  }
  EXPECT_EQ(plan_for(text, Healing::kNone).beginning, "");
}

INSTANTIATE_TEST_SUITE_P(
    Families, FimPlannerVocabularyTest,
    testing::Values(std::pair("codellama/tokenizer.model", false),
                    std::pair("falcon-h1/tokenizer.json", false),
                    std::pair("granite4/tokenizer.json", false),
                    std::pair("qwen2/tokenizer.json", false),
                    std::pair("refact/tokenizer.json", true),
                    std::pair("smollm/tokenizer.json", true),
                    std::pair("starcoder2/tokenizer.json", true)),
    [](const auto& vocabulary) {
      std::string family = vocabulary.param.first;
      family.resize(family.find('/'));
      std::erase(family, '-');
      return family;
    });

TEST_F(FimPlannerTest, WaitsIfNothingIsMuchQuicker) {
  const FimPlan plan = Plan(2, 1, 0.6);
  EXPECT_EQ(plan.layout, FimLayout::kSpm);
  EXPECT_THAT(plan.reason, IsEmpty());
}

}  // namespace
}  // namespace krait::daemon
