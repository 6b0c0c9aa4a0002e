// SPDX-License-Identifier: Apache-2.0
// What is remembered of files is a function of the files as they are.
#include "daemon/host/local/file_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/daemon/completion/default_model.h"
#include "tests/daemon/completion/source_text.h"

namespace krait::daemon {
namespace {

class FixedText : public completion::TextSource {
 public:
  explicit FixedText(std::string text) : text_(std::move(text)) {}
  std::string Read(size_t max_bytes) const override {
    return text_.substr(0, max_bytes);
  }

 private:
  const std::string text_;
};

completion::NearbyText Nearby(std::string name, std::string text) {
  return {.name = std::move(name),
          .source = std::make_shared<const FixedText>(std::move(text))};
}

class FileMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    model_ = completion::LoadDefaultModel();
    ASSERT_NE(model_, nullptr);
    weights_.lengths = {0, 1, 2, 4, 8};
    weights_.bias = {-1, -1, 0, 1, 2};
    logits_.resize(model_->hyperparameters().vocab, 0);
  }

  std::unique_ptr<FileMemory> New() const {
    return std::make_unique<FileMemory>(model_->tokenizer(), weights_);
  }

  // What the memory makes of the model's word at a place of a text.
  std::vector<float> Mix(
      FileMemory& memory, const std::string& name, std::string_view text,
      size_t cursor,
      const std::vector<completion::NearbyText>* others = nullptr) {
    const auto at = memory.At(name,
                              {.before = text.substr(0, cursor),
                               .after = text.substr(cursor),
                               .others = others},
                              "");
    const auto mixed = at->Mix(logits_, "");
    return {mixed.begin(), mixed.end()};
  }

  std::shared_ptr<const engine::Model> model_;
  engine::MemoryWeights weights_;
  std::vector<float> logits_;
  std::mt19937 random_{11};
};

TEST_F(FileMemoryTest, WhatItWasAskedBeforeDoesNotShow) {
  const auto warm = New();
  std::vector<std::string> texts = {completion::ReadSource("lsp/text.cc"),
                                    completion::ReadSource("models/recipe.py")};
  std::vector<completion::NearbyText> others = {Nearby(
      "other", completion::ReadSource("daemon/completion/stop/stop_rules.cc"))};
  for (size_t step = 0; step < 60; ++step) {
    std::string& text = texts[random_() % texts.size()];
    const size_t cursor = random_() % (text.size() + 1);
    switch (random_() % 4) {
      case 0:
        text.erase(cursor, random_() % 50);
        break;
      case 1:
        text.insert(cursor, text.substr(random_() % text.size(), 80));
        break;
      case 2:
        others[0] = Nearby("other", texts[0].substr(0, random_() % 4000));
        break;
      default:
        text.insert(cursor, 1, "ab (\n.,_0"[random_() % 9]);
    }
    const auto* const with = random_() % 2 == 0 ? &others : nullptr;
    ASSERT_EQ(Mix(*warm, "file", text, cursor, with),
              Mix(*New(), "file", text, cursor, with))
        << "step " << step;
    ASSERT_LE(warm->held_bytes(), FileMemory::kMostBytes);
  }
}

TEST_F(FileMemoryTest, TheBeginningOfTheWordIsSaidAnew) {
  const std::string text = "registered = 1\n  reg";
  const auto memory = New();
  const auto at = memory->At(
      "f", {.before = text, .after = "\n", .others = nullptr}, "reg");
  const auto mixed = at->Mix(logits_, "reg");
  EXPECT_NE(mixed.data(), logits_.data());
  EXPECT_EQ(at->votes().front().count, 1U);
}

TEST_F(FileMemoryTest, OtherTextsAreLookedAt) {
  const auto memory = New();
  const std::vector<completion::NearbyText> others = {
      Nearby("b", "alpha_beta(gamma)\n")};
  const std::string text = "x\n alpha_beta(";
  EXPECT_EQ(Mix(*memory, "f", text, text.size()), logits_);
  EXPECT_NE(Mix(*memory, "f", text, text.size(), &others), logits_);
}

TEST_F(FileMemoryTest, KeepsNoMoreThanItMay) {
  const auto memory = New();
  const std::string source = completion::ReadSource("lsp/text.cc");
  for (size_t i = 0; i < 200; ++i) {
    std::string text;
    while (text.size() < 200'000) text += source;
    Mix(*memory, "file" + std::to_string(i), text, text.size());
    ASSERT_LE(memory->held_bytes(), FileMemory::kMostBytes);
  }
}

TEST_F(FileMemoryTest, GivesBackAllButTheTextThatWasUsedLast) {
  const auto memory = New();
  EXPECT_EQ(memory->use().least_use, std::nullopt);
  const std::string text = "alpha = 1\nbeta = 2\n";
  Mix(*memory, "a", text, 3);
  const size_t one = memory->held_bytes();
  EXPECT_EQ(memory->use().least_use, std::nullopt);
  for (const char* name : {"b", "c", "d"}) Mix(*memory, name, text, 3);
  ASSERT_TRUE(memory->use().least_use.has_value());
  EXPECT_EQ(memory->use().bytes, 4 * one);
  memory->GiveBack(one);
  EXPECT_EQ(memory->held_bytes(), 3 * one);
  memory->GiveBack(4 * one);
  EXPECT_EQ(memory->held_bytes(), one);
}

// A text of any size costs what is remembered of it.
TEST_F(FileMemoryTest, OfALargeTextWhatIsNearIsRemembered) {
  const auto memory = New();
  std::string text = "first_line_of_all(here)\n";
  for (size_t i = 0; text.size() < 4 * completion::kRememberedBytes; ++i) {
    text += "line " + std::to_string(i) + "\n";
  }
  text += "near_the_end(here)\n";
  const std::string far = text + "  first_line_of_all(";
  const std::string near = text + "  near_the_end(";
  Mix(*memory, "f", far, far.size());
  EXPECT_LE(memory->held_bytes(), 16 * completion::kRememberedBytes);
  const auto at =
      memory->At("f", {.before = near, .after = "\n", .others = nullptr}, "");
  at->Mix(logits_, "");
  ASSERT_FALSE(at->votes().empty());
  EXPECT_GE(at->votes().front().length, 3U);
}

TEST_F(FileMemoryTest, WhatIsForgottenIsReadAgain) {
  const auto memory = New();
  const std::string text = completion::ReadSource("lsp/text.cc");
  const auto before = Mix(*memory, "f", text, 2000);
  EXPECT_GT(memory->held_bytes(), text.size());
  memory->Forget();
  EXPECT_EQ(memory->held_bytes(), 0U);
  EXPECT_EQ(Mix(*memory, "f", text, 2000), before);
}

TEST_F(FileMemoryTest, AFingerprintIsOfAllButThePrefix) {
  const auto memory = New();
  const auto of = [&](const std::string& before, const std::string& after,
                      size_t prefix_bytes,
                      const std::vector<completion::NearbyText>* others =
                          nullptr) {
    return memory->Fingerprint(
        {.before = before, .after = after, .others = others}, prefix_bytes);
  };
  EXPECT_EQ(of("abc", "z", 1), of("abd", "z", 1));
  EXPECT_EQ(of("abc", "z", 1), of("abcd", "z", 2));
  EXPECT_NE(of("abc", "z", 1), of("aac", "z", 1));
  EXPECT_NE(of("abc", "z", 1), of("abc", "y", 1));
  const std::vector<completion::NearbyText> others = {Nearby("o", "text")};
  const std::vector<completion::NearbyText> newer = {Nearby("o", "text")};
  EXPECT_NE(of("abc", "z", 1), of("abc", "z", 1, &others));
  EXPECT_NE(of("abc", "z", 1, &newer), of("abc", "z", 1, &others));
}

}  // namespace
}  // namespace krait::daemon
