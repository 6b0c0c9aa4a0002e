// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/repository_memory.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/completion/rules/file_rules.h"
#include "daemon/host/local/file_memory.h"
#include "tests/daemon/completion/default_model.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::daemon {
namespace {

using completion::RepositoryPlace;

class RepositoryMemoryTest : public repository::RepositoryTest {
 protected:
  void SetUp() override {
    RepositoryTest::SetUp();
    model_ = completion::LoadDefaultModel();
    ASSERT_NE(model_, nullptr);
    forms_.emplace(model_->tokenizer());
    memory_.emplace(*forms_);
  }

  RepositoryPlace Place(const std::string& language = "python",
                        std::vector<std::string> open = {}) const {
    return {.root = root_.string(),
            .language = language,
            .file = {},
            .open = std::move(open),
            .wait = true};
  }
  size_t Texts(const RepositoryPlace& place) {
    const auto texts = memory_->Of(place).texts;
    return texts == nullptr ? 0 : texts->texts();
  }

  std::shared_ptr<const engine::Model> model_;
  std::optional<engine::TokenForms> forms_;
  std::optional<RepositoryMemory> memory_;
};

TEST_F(RepositoryMemoryTest, ReadsTheFilesOfTheLanguage) {
  Write("a.py", "x = 1\n");
  Write("sub/b.py", "y = 2\n");
  Write("c.cc", "int c;\n");
  Write("d.h", "int d;\n");
  Write("node_modules/e.py", "z = 3\n");
  Write("f.md", "# f\n");
  EXPECT_EQ(Texts(Place()), 2U);
  // C and C++ share their headers.
  EXPECT_EQ(Texts(Place("cpp")), 2U);
  EXPECT_EQ(Texts(Place("rust")), 0U);
}

TEST_F(RepositoryMemoryTest, WaitsForNothingUnlessItIsTold) {
  Write("a.py", "x = 1\n");
  RepositoryPlace place = Place();
  place.wait = false;
  // Nothing is known at first, and after a while what is there.
  size_t tries = 0;
  while (Texts(place) == 0 && ++tries < 3000) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(Texts(place), 1U);
}

TEST_F(RepositoryMemoryTest, WhatMayNotBeReadIsNot) {
  Write("a.py", "x = 1\n");
  Write("b.internal.py", "y = 1\n");
  EXPECT_EQ(Texts(Place()), 2U);
  auto rules = std::make_shared<completion::FileRules>();
  ASSERT_TRUE(rules->Join({"*.internal.py"}));
  RepositoryPlace place = Place();
  place.rules = rules;
  EXPECT_EQ(Texts(place), 1U);
}

TEST_F(RepositoryMemoryTest, ForgetsAndGivesBack) {
  Write("a.py", "x = 1\n");
  const auto first = memory_->Of(Place());
  EXPECT_GT(memory_->use().bytes, 0U);
  EXPECT_TRUE(memory_->use().least_use);
  memory_->Forget();
  EXPECT_EQ(memory_->use().bytes, 0U);
  const auto second = memory_->Of(Place());
  EXPECT_NE(first.number, second.number);
  memory_->GiveBack(1);
  EXPECT_EQ(memory_->use().bytes, 0U);
  // What was given out stays.
  EXPECT_EQ(first.texts->texts(), 1U);
}

TEST_F(RepositoryMemoryTest, FewAreKept) {
  for (size_t i = 0; i < RepositoryMemory::kMost + 3; ++i) {
    const auto folder = folder_ / ("r" + std::to_string(i));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "a.py") << "x = " << i << "\n";
    RepositoryPlace place = Place();
    place.root = folder.string();
    ASSERT_EQ(Texts(place), 1U);
  }
  engine::TextCollection::Builder one(*forms_, 1000);
  one.Add("a.py", "x = 0\n");
  EXPECT_LE(memory_->use().bytes,
            RepositoryMemory::kMost * (one.Build()->bytes() + 1000));
}

TEST_F(RepositoryMemoryTest, TheFilesOfItsFolderAreNearAText) {
  Write("src/a.py", "a = 1\n");
  Write("src/deep/b.py", "b = 1\n");
  Write("c.py", "c = 1\n");
  RepositoryPlace place = Place();
  const auto near = [&] {
    const auto collection = memory_->CollectionOf(place);
    std::vector<std::string> names;
    for (const char* name : {"c.py", "src/a.py", "src/deep/b.py"}) {
      const auto places = collection.texts->PlacesOf(name);
      if (collection.IsNear(places.begin)) names.emplace_back(name);
    }
    return names;
  };
  EXPECT_TRUE(near().empty());  // of a text that lies nowhere
  place.file = "src/new.py";
  EXPECT_EQ(near(), std::vector<std::string>{"src/a.py"});
  place.file = "new.py";
  EXPECT_EQ(near(), std::vector<std::string>{"c.py"});
}

// Whatever the document is like on the disk: the editor's text is what counts.
TEST_F(RepositoryMemoryTest, WhatIsOpenDoesNotCountAsItLiesOnTheDisk) {
  const std::string line = "    value = configuration.registry_lookup(name)\n";
  Write("open.py", line);
  Write("other.py", "other = 1\n");
  engine::MemoryWeights weights;
  weights.lengths = {0, 1, 2, 4};
  weights.bias = {-1, -1, 0, 1};
  FileMemory files(model_->tokenizer(), weights);
  const std::vector<float> logits(model_->hyperparameters().vocab, 0);
  const RepositoryPlace open = Place("python", {"open.py"});
  const RepositoryPlace closed = Place("python", {});
  const std::string before = "    value = configuration";
  for (const RepositoryPlace* const place : {&open, &closed}) {
    const auto memory = files.At(
        "d", {.before = before, .after = "\n", .repository = place}, "");
    memory->Mix(logits, "");
    EXPECT_EQ(memory->votes().empty(), place == &open);
  }
  // What is said ahead with the one is not what the other says.
  EXPECT_NE(files.Fingerprint(
                {.before = before, .after = {}, .repository = &open}, 0),
            files.Fingerprint(
                {.before = before, .after = {}, .repository = &closed}, 0));
}

}  // namespace
}  // namespace krait::daemon
