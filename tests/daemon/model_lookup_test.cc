// SPDX-License-Identifier: Apache-2.0
#include "daemon/model_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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
    env_.user = geteuid();
    fs::create_directories(env_.executable.parent_path());
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

TEST_F(ModelLookupTest, ANameIsNeverLookedUpInTheCurrentDirectory) {
  Write("repository/my-model/config.json");
  Write("repository/my-model.gguf");
  const fs::path before = fs::current_path();
  fs::current_path(root_ / "repository");
  for (const char* name : {"my-model", "my-model.gguf"}) {
    const auto found = FindModel(name, env_);
    ASSERT_FALSE(found) << name;
    EXPECT_THAT(found.error().message,
                HasSubstr(std::string("such as ./") + name));
    env_.krait_model = name;
    EXPECT_FALSE(FindModel("", env_)) << name;
  }
  EXPECT_TRUE(FindModel("./my-model.gguf", env_));
  Write("tree/models/default", "a.gguf");
  Write("tree/models/my-model.gguf");
  ExpectFound("my-model", "tree/models/my-model.gguf");
  fs::current_path(before);
}

TEST_F(ModelLookupTest, APathMayBeginAtTheHome) {
  Write("home/m/x.gguf");
  ExpectFound("~/m/x.gguf", "home/m/x.gguf");
  EXPECT_FALSE(FindModel("~/m/y.gguf", env_));
}

TEST_F(ModelLookupTest, TheWayUpEndsWhereOthersCanWrite) {
  Write("models/default", "evil.gguf");
  Write("models/evil.gguf");
  ExpectFound("", "models/evil.gguf");
  ASSERT_EQ(chmod(root_.c_str(), 01777), 0);  // as /tmp is
  EXPECT_FALSE(FindModel("", env_));
  EXPECT_FALSE(FindModel("evil", env_));
  ASSERT_EQ(chmod(root_.c_str(), 0755), 0);
  ASSERT_EQ(chmod((root_ / "models").c_str(), 0777), 0);
  EXPECT_FALSE(FindModel("", env_));
}

TEST_F(ModelLookupTest, TheWayUpEndsAtAnothersFolder) {
  Write("tree/models/default", "evil.gguf");
  Write("tree/models/evil.gguf");
  if (geteuid() == 0) {
    constexpr uid_t kAnother = 12345;
    ASSERT_EQ(chown((root_ / "tree/models").c_str(), kAnother, 0), 0);
  } else {
    env_.user = geteuid() + 1;
  }
  EXPECT_FALSE(FindModel("", env_));
}

TEST_F(ModelLookupTest, WhatAllCanWriteIsNoInstallation) {
  env_.executable = root_ / "usr/bin/krait";
  Write("usr/share/krait/models/i.gguf");
  ExpectFound("i", "usr/share/krait/models/i.gguf");
  for (const char* folder : {"usr", "usr/share", "usr/share/krait/models"}) {
    ASSERT_EQ(chmod((root_ / folder).c_str(), 0777), 0);
    EXPECT_FALSE(FindModel("i", env_)) << folder;
    ASSERT_EQ(chmod((root_ / folder).c_str(), 0755), 0);
  }
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
  EXPECT_EQ(FindModel("", env_).error().code, base::ErrorCode::kBadFile);
}

TEST_F(ModelLookupTest, ListsModelsWithTheDefaultMarked) {
  Write("tree/models/default", "b.gguf");
  Write("tree/models/a.gguf");
  Write("tree/models/b.gguf", "12345");
  Write("tree/models/notes.txt");
  const auto models = ListModels("", env_);
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].name, "a");
  EXPECT_FALSE(models[0].is_default);
  EXPECT_TRUE(models[1].is_default);
  EXPECT_TRUE(ListModels("a", env_)[0].is_default);
  EXPECT_EQ(ModelBytes(models[1].path), 5U);
}

TEST_F(ModelLookupTest, OtherProgramsModelsAreFoundByName) {
  const std::string commit(40, 'a');
  const std::string hub = "hub/models--o--r/";
  env_.stores.hub = root_ / "hub";
  env_.stores.lm_studio = {root_ / "studio"};
  Write(hub + "refs/main", commit);
  Write(hub + "snapshots/" + commit + "/h-Q8_0.gguf");
  Write("studio/o/r/s.gguf");
  ExpectFound("h-Q8_0", hub + "snapshots/" + commit + "/h-Q8_0.gguf");
  ExpectFound("hf:o/r:Q8_0", hub + "snapshots/" + commit + "/h-Q8_0.gguf");
  ExpectFound("s", "studio/o/r/s.gguf");
  EXPECT_THAT(FindModel("hf:o/other", env_).error().message,
              HasSubstr("krait model get hf:o/other"));
  // None of them becomes the default by being there.
  EXPECT_FALSE(FindModel("", env_));
  // krait's own comes first.
  Write("home/.local/share/krait/models/s.gguf");
  ExpectFound("s", "home/.local/share/krait/models/s.gguf");
}

TEST_F(ModelLookupTest, AllModelsAreListedWithWhoseTheyAre) {
  env_.stores.lm_studio = {root_ / "studio"};
  Write("studio/o/r/s.gguf");
  Write("home/.local/share/krait/models/h.gguf");
  fs::create_symlink(root_ / "studio/o/r/s.gguf",
                     root_ / "home/.local/share/krait/models/link.gguf");
  Write("studio/o/r/t.gguf");
  std::vector<std::string> names;
  for (const FoundModel& model : ListModels("", env_)) {
    names.push_back(model.store + "/" + model.name);
  }
  EXPECT_THAT(names,
              testing::ElementsAre("krait/h", "krait/link", "LM Studio/t"));
}

TEST_F(ModelLookupTest, ASplitModelIsOne) {
  const std::string folder = "home/.local/share/krait/models/";
  Write(folder + "m-00001-of-00002.gguf", "123");
  Write(folder + "m-00002-of-00002.gguf", "4567");
  ExpectFound("m", folder + "m-00001-of-00002.gguf");
  EXPECT_EQ(ListModels("", env_).size(), 1);
  EXPECT_EQ(ModelBytes(root_ / (folder + "m-00001-of-00002.gguf")), 7);
  EXPECT_EQ(ModelBytes(root_ / (folder + "m-00002-of-00002.gguf")), 7);
}

}  // namespace
}  // namespace krait::daemon
