// SPDX-License-Identifier: Apache-2.0
#include "engine/run/drafter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/run/generation.h"
#include "engine/run/session.h"

namespace krait::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A token alone takes a second, batches of more so long.
DraftLength WithCost(double of_batches) {
  DraftLength length;
  for (const size_t tokens : {1U, 2U, 4U, 8U}) {
    for (int i = 0; i < 2; ++i) {  // only the second of a kind counts
      length.Took(tokens, DraftLength::Seconds(tokens == 1 ? 1 : of_batches));
    }
  }
  return length;
}

DraftLength Cheap() {
  return WithCost(1);
}

TEST(DrafterTest, DraftsWhatFollowedInThePrompt) {
  DraftLength length = Cheap();
  Drafter drafter({1, 2, 3, 4, 5, 6, 1});
  drafter.Say(2);
  EXPECT_THAT(drafter.Draft(length, 3), ElementsAre(3, 4, 5));
  EXPECT_THAT(drafter.Draft(length, 1), ElementsAre(3));
  EXPECT_THAT(drafter.Draft(length, 0), IsEmpty());
}

TEST(DrafterTest, StopsWhereGuessesAreWrongAndGoesOnWhereTheyAreRight) {
  DraftLength length = Cheap();
  Drafter drafter({1, 2, 3, 1});
  drafter.Say(2);
  EXPECT_THAT(drafter.Draft(length, 1), ElementsAre(3));
  for (TokenId other = 100; other < 200; ++other) {
    drafter.Say(other);  // not what followed the last time
    drafter.Say(1);
    drafter.Say(2);
    (void)drafter.Draft(length, 1);
    length.Took(1, DraftLength::Seconds(1));
  }
  EXPECT_THAT(drafter.Draft(length, 1), IsEmpty());
  for (int i = 0; i < 40; ++i) {
    for (const TokenId token : {3U, 1U, 2U}) {
      drafter.Say(token);
      (void)drafter.Draft(length, 1);
      length.Took(1, DraftLength::Seconds(1));
    }
  }
  EXPECT_THAT(drafter.Draft(length, 1), ElementsAre(3));
}

TEST(DrafterTest, LearnsFromGuessesThatAreNotFed) {
  DraftLength length = WithCost(1.5);
  std::vector<TokenId> prompt;
  for (TokenId token = 1; token < 40; ++token) prompt.push_back(token);
  prompt.push_back(1);
  Drafter drafter(prompt);
  drafter.Say(2);
  EXPECT_THAT(drafter.Draft(length, 1), IsEmpty());  // 1.5 tokens in 1.5
  for (TokenId token = 3; token < 30; ++token) {
    drafter.Say(token);
    (void)drafter.Draft(length, 1);
  }
  EXPECT_THAT(drafter.Draft(length, 1), ElementsAre(30));
}

// What a model says does not depend on what is guessed, and right guesses save
// it batches: here all are right, as the source has what will be said.
TEST(DrafterTest, AGenerationIsTheSameInFewerBatches) {
  auto model = Model::Load(KRAIT_DEFAULT_MODEL);
  ASSERT_TRUE(model) << model.error().message;
  WorkerPool pool(PlanThreads(2));
  Session prompt(*model, pool);
  const std::vector<TokenId> tokens =
      (*model)->tokenizer().Encode("int main() {\n  return");
  ASSERT_GE(tokens.size(), 2U);
  ASSERT_TRUE(prompt.Prefill(tokens));
  GenerateOptions options{.max_tokens = 40, .ignore_end_of_sequence = true};
  Session session(*model, pool);
  session.CopyFrom(prompt);
  const Generation alone = Generate(session, options);
  EXPECT_EQ(alone.batches, 39U);  // the last token is not fed

  std::vector<TokenId> source(tokens.end() - 2, tokens.end());
  source.insert(source.end(), alone.tokens.begin(), alone.tokens.end());
  source.insert(source.end(), tokens.begin(), tokens.end());

  const TokenForms forms((*model)->tokenizer());
  TextCollection::Builder texts(forms, 1000, TextCollection::Tokens::kOfTexts);
  std::string text = "int main() {\n  return";
  for (const TokenId token : alone.tokens) {
    text += (*model)->tokenizer().TokenBytes(token);
  }
  ASSERT_TRUE(texts.Add("t", text));
  const RememberedCollection collection{.texts = texts.Build()};

  for (Drafter drafter : {Drafter(source), Drafter(tokens, collection)}) {
    DraftLength length = Cheap();
    options.drafter = &drafter;
    options.draft_length = &length;
    session.CopyFrom(prompt);
    const Generation drafted = Generate(session, options);
    EXPECT_EQ(drafted.tokens, alone.tokens);
    EXPECT_EQ(drafted.sum_logprob, alone.sum_logprob);
    // At least one batch of eight: what others take is measured then.
    EXPECT_LE(drafted.batches, 32U);
  }
}

}  // namespace
}  // namespace krait::engine
