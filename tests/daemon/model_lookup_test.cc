// SPDX-License-Identifier: Apache-2.0
#include "daemon/model_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ModelLookupTest : public testing::Test {
 protected:
  ModelLookupTest()
      : root_(fs::path(testing::TempDir()) /
              ("krait_lookup_" + std::string(testing::UnitTest::GetInstance()
                                                 ->current_test_info()
                                                 ->name()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    env_.home = (root_ / "home").string();
    env_.executable = root_ / "tree/build/release/daemon/krait";
  }
  ~ModelLookupTest() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text = "x") {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  void ExpectFound(const std::string& model, const std::string& path) {
    const auto found = FindModel(model, env_);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    EXPECT_EQ(*found, root_ / path);
  }

  fs::path root_;
  ModelEnvironment env_;
};

TEST_F(ModelLookupTest, TheTreesDefaultIsNamedByATextFile) {
  Write("tree/models/a.gguf");
  Write("tree/models/b.gguf");
  Write("tree/models/default", "b.gguf\n");
  ExpectFound("", "tree/models/b.gguf");
}

TEST_F(ModelLookupTest, AnInstallationComesFirst) {
  env_.executable = root_ / "usr/bin/krait";
  Write("usr/share/krait/models/i.gguf");
  Write("home/.local/share/krait/models/h.gguf");
  ExpectFound("", "usr/share/krait/models/i.gguf");
}

TEST_F(ModelLookupTest, TheUsersOnlyModelIsTheDefault) {
  Write("home/.local/share/krait/models/h.gguf");
  ExpectFound("", "home/.local/share/krait/models/h.gguf");
  env_.xdg_data_home = (root_ / "xdg").string();
  Write("xdg/krait/models/x.gguf");
  ExpectFound("", "xdg/krait/models/x.gguf");
}

TEST_F(ModelLookupTest, TheEnvironmentWins) {
  Write("tree/models/a.gguf");
  Write("tree/models/default", "a.gguf");
  Write("tree/models/b.gguf");
  env_.krait_model = "b";
  ExpectFound("", "tree/models/b.gguf");
  env_.krait_model = "none";
  EXPECT_THAT(FindModel("", env_).error().message, HasSubstr("KRAIT_MODEL"));
}

TEST_F(ModelLookupTest, NamesAreFilesDirectoriesOrStems) {
  Write("tree/models/default", "a.gguf");
  Write("tree/models/a.gguf");
  Write("tree/models/hf/config.json");
  ExpectFound("a", "tree/models/a.gguf");
  ExpectFound("a.gguf", "tree/models/a.gguf");
  ExpectFound("hf", "tree/models/hf");
  ExpectFound((root_ / "tree/models/a.gguf").string(), "tree/models/a.gguf");
}

TEST_F(ModelLookupTest, SaysWhatIsMissing) {
  EXPECT_THAT(FindModel("", env_).error().message,
              HasSubstr("no default model"));
  EXPECT_THAT(FindModel("nope", env_).error().message,
              HasSubstr("no model named \"nope\""));
  EXPECT_THAT(FindModel("/no/such.gguf", env_).error().message,
              HasSubstr("/no/such.gguf"));
  Write("tree/models/default", "gone.gguf");
  EXPECT_THAT(FindModel("", env_).error().message, HasSubstr("gone.gguf"));
  Write("tree/models/default", "../up.gguf");
  EXPECT_EQ(FindModel("", env_).error().code, engine::ErrorCode::kBadFile);
}

TEST_F(ModelLookupTest, ListsModelsWithTheDefaultMarked) {
  Write("tree/models/default", "b.gguf");
  Write("tree/models/a.gguf");
  Write("tree/models/b.gguf", "12345");
  Write("tree/models/notes.txt");
  const auto models = ListModels(env_);
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].name, "a");
  EXPECT_FALSE(models[0].is_default);
  EXPECT_TRUE(models[1].is_default);
  EXPECT_EQ(ModelBytes(models[1].path), 5U);
}

}  // namespace
}  // namespace krait::daemon
