// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/peer_prompt.h"

#include <gtest/gtest.h>

#include "engine/arch/model.h"

namespace krait::daemon {
namespace {

std::string PromptOf(const char* path) {
  const auto model = engine::Model::Load(path);
  if (!model) return model.error().message;
  const auto prompt = SuffixFirstPrompt((*model)->tokenizer());
  return prompt ? *prompt : prompt.error().message;
}

TEST(PeerPromptTest, IsAsTheModelWasTrained) {
  EXPECT_EQ(PromptOf(KRAIT_DEFAULT_MODEL), "[SUFFIX]{suffix}[PREFIX]{prefix}");
  EXPECT_EQ(PromptOf(KRAIT_TEST_DATA "/models/qwen2-tiny/hf"),
            "<|fim_suffix|>{suffix}<|fim_prefix|>{prefix}<|fim_middle|>");
}

}  // namespace
}  // namespace krait::daemon
