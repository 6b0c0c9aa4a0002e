// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/follow_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace krait::daemon {
namespace {

using completion::ChatRole;
using completion::ChatTurn;
using testing::ElementsAre;
using testing::IsEmpty;

// As if each byte were a token.
size_t BytesOfTurn(std::string_view text) {
  return text.size();
}

std::vector<ChatTurn> MakeTurns(std::vector<std::string> texts) {
  std::vector<ChatTurn> turns;
  for (std::string& text : texts) {
    turns.push_back(
        {.role = turns.size() % 2 == 0 ? ChatRole::kUser : ChatRole::kAssistant,
         .text = std::move(text)});
  }
  return turns;
}

std::vector<std::string> TextsOfTurns(const std::vector<ChatTurn>& turns) {
  std::vector<std::string> texts;
  for (const ChatTurn& turn : turns) texts.push_back(turn.text);
  return texts;
}

TEST(FollowUpTest, LooksWithTheQuestionBeforeToo) {
  EXPECT_THAT(FollowUpQueries({}, "why?"), ElementsAre("why?"));
  EXPECT_THAT(FollowUpQueries(MakeTurns({"a?", "x", "b?", "y"}), "why?"),
              ElementsAre("why?", "b?\nwhy?"));
  const auto long_ago = MakeTurns({std::string(5000, 'a'), "x"});
  EXPECT_THAT(FollowUpQueries(long_ago, "why?"),
              ElementsAre("why?", std::string(2000, 'a') + "\nwhy?"));
}

TEST(FollowUpTest, TheLastTurnsStayFromAQuestionOn) {
  const auto turns = MakeTurns({"first?", "yes", "second?", "no"});
  size_t left = 100;
  EXPECT_THAT(TextsOfTurns(LastTurns(turns, BytesOfTurn, 18, &left)),
              ElementsAre("first?", "yes", "second?", "no"));
  EXPECT_EQ(left, 82);
  // The answer "yes" finds room, its question does not.
  EXPECT_THAT(TextsOfTurns(LastTurns(turns, BytesOfTurn, 17, &left)),
              ElementsAre("second?", "no"));
  EXPECT_THAT(LastTurns(turns, BytesOfTurn, 3, &left), IsEmpty());
  left = 2;
  EXPECT_EQ(LastTurns(turns, BytesOfTurn, 9, &left).size(), 2);
  EXPECT_EQ(left, 0);
  EXPECT_THAT(LastTurns({}, BytesOfTurn, 9, &left), IsEmpty());
}

TEST(FollowUpTest, WhatCannotFindRoomIsNotCounted) {
  const auto turns = MakeTurns({"first?", std::string(1'000'000, 'x')});
  size_t left = 100;
  const auto never = [](std::string_view) -> size_t {
    ADD_FAILURE();
    return 0;
  };
  EXPECT_THAT(LastTurns(turns, never, 100, &left), IsEmpty());
}

}  // namespace
}  // namespace krait::daemon
