// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/chat_sampling.h"

#include <gtest/gtest.h>

namespace krait::daemon {
namespace {

TEST(ChatSamplingTest, TheUserComesBeforeTheFileBeforeKrait) {
  engine::SamplingHints asked;
  engine::SamplingHints of_file;
  const auto nobody = ChooseSampling(asked, of_file);
  EXPECT_EQ(nobody.temperature, 0.7F);
  EXPECT_EQ(nobody.top_k, 40U);
  EXPECT_EQ(nobody.top_p, 0.9F);
  EXPECT_EQ(nobody.min_p, 0.0F);
  EXPECT_EQ(nobody.repetition_penalty, 1.0F);

  of_file = {.temperature = 0.2F,
             .top_k = 0,
             .top_p = 0.5F,
             .min_p = 0.1F,
             .repetition_penalty = 1.5F};
  const auto files = ChooseSampling(asked, of_file);
  EXPECT_EQ(files.temperature, 0.2F);
  EXPECT_EQ(files.top_k, 0U);
  EXPECT_EQ(files.top_p, 0.5F);
  EXPECT_EQ(files.min_p, 0.1F);
  EXPECT_EQ(files.repetition_penalty, 1.5F);

  asked.temperature = 0;
  asked.top_k = 7;
  const auto users = ChooseSampling(asked, of_file);
  EXPECT_EQ(users.temperature, 0.0F);
  EXPECT_EQ(users.top_k, 7U);
  EXPECT_EQ(users.top_p, 0.5F);
}

}  // namespace
}  // namespace krait::daemon
