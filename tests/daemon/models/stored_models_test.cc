// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/stored_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "daemon/models/hub_cache.h"
#include "daemon/models/own_models.h"

namespace krait::models {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kStoredCommit(40, 'c');
const std::string kStoredSha256(64, 'd');

class StoredModelsTest : public testing::Test {
 protected:
  StoredModelsTest()
      : root_(fs::path(testing::TempDir()) /
              (std::string("krait_stored_") +
               testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    root_ = fs::canonical(root_);
    stores_ = {.own = root_ / "own",
               .hub = root_ / "hub",
               .llama_cpp = root_ / "llama",
               .ollama = {root_ / "ollama"},
               .lm_studio = {root_ / "studio"}};
  }
  ~StoredModelsTest() override { fs::remove_all(root_); }

  void Write(const fs::path& path, const std::string& text = "GGUF") {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  // A file of the hub, with its content and both links.
  HubFile PutHub(const std::string& path, const std::string& sha256) {
    const HubCache cache(stores_.hub);
    const HubFile file{
        .path = path, .bytes = 4, .content = ContentName::OfSha256(sha256)};
    Write(cache.Blob("o/r", file.etag()));
    EXPECT_TRUE(cache.LinkFile("o/r", kStoredCommit, file));
    EXPECT_TRUE(cache.WriteRef("o/r", "main", kStoredCommit));
    return file;
  }

  // "store/name" of each.
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const StoredModel& model : FindStoredModels(stores_)) {
      names.push_back(model.store + "/" + model.name);
    }
    return names;
  }

  fs::path root_;
  ModelStores stores_;
};

TEST_F(StoredModelsTest, TheHubsLayoutIsWrittenAndRead) {
  PutHub("sub/m-Q8_0.gguf", kStoredSha256);
  const fs::path link =
      root_ / "hub/models--o--r/snapshots" / kStoredCommit / "sub/m-Q8_0.gguf";
  EXPECT_EQ(fs::read_symlink(link), "../../../blobs/" + kStoredSha256);
  EXPECT_EQ(FindStored(HubSource{.repo = "o/r"}, stores_), link);
  EXPECT_EQ(
      FindStored(HubSource{.repo = "o/r", .revision = kStoredCommit}, stores_),
      link);
  EXPECT_FALSE(FindStored(HubSource{.repo = "o/r", .revision = "v1"}, stores_));
  EXPECT_FALSE(FindStored(HubSource{.repo = "o/r", .quant = "F16"}, stores_));
  EXPECT_EQ(*FindStoredByName("hf:o/r:Q8_0", stores_), link);
  EXPECT_EQ(*FindStoredByName("m-Q8_0", stores_), link);
  EXPECT_FALSE(FindStoredByName("m", stores_));
}

TEST_F(StoredModelsTest, AllStoresAreListedOnce) {
  PutHub("m.gguf", kStoredSha256);
  Write("llama/o_r_flat.gguf");
  Write("llama/o_r_flat.gguf.etag");
  Write("studio/o/r/s-00001-of-00002.gguf");
  Write("studio/o/r/s-00002-of-00002.gguf");
  Write("studio/o/r/mmproj-s.gguf");
  Write("ollama/blobs/sha256-" + kStoredSha256);
  Write("ollama/manifests/registry.ollama.ai/library/tiny/1b",
        R"({"layers": [{"mediaType": "application/vnd.ollama.image.model",
            "digest": "sha256:)" +
            kStoredSha256 + R"(", "size": 4}]})");
  Write("ollama/manifests/registry.ollama.ai/library/gone/1b",
        R"({"layers": [{"mediaType": "application/vnd.ollama.image.model",
            "digest": "sha256:)" +
            kStoredCommit + std::string(24, '0') + R"(", "size": 4}]})");
  fs::create_symlink(root_ / "nowhere", root_ / "studio/broken.gguf");
  EXPECT_THAT(Names(),
              testing::UnorderedElementsAre("hub/m", "llama.cpp/o_r_flat",
                                            "LM Studio/s", "ollama/tiny:1b"));
  stores_.llama_cpp = stores_.hub;  // two names of one folder
  EXPECT_EQ(Names().size(), 3);
}

TEST_F(StoredModelsTest, AFolderIsAModelWithItsWeights) {
  PutHub("config.json", kStoredSha256);
  EXPECT_TRUE(Names().empty());  // a tokenizer's, perhaps
  PutHub("model.safetensors", std::string(64, 'e'));
  EXPECT_THAT(Names(), testing::ElementsAre("hub/r"));
}

TEST_F(StoredModelsTest, NamesThatAreNotOneModelAreRefused) {
  Write("studio/a/same.gguf", "one");
  Write("llama/same.gguf", "two");
  EXPECT_THAT(FindStoredByName("same", stores_).error().message,
              HasSubstr("several models"));
}

TEST_F(StoredModelsTest, CopiesHaveTheLength) {
  const HubFile file{.path = "m.gguf",
                     .bytes = 4,
                     .content = ContentName::OfSha256(kStoredSha256)};
  EXPECT_TRUE(OtherCopies("o/r", file, stores_).empty());
  Write("studio/o/r/m.gguf", "short");
  EXPECT_TRUE(OtherCopies("o/r", file, stores_).empty());
  Write("studio/o/r/m.gguf");
  Write("llama/o_r_m.gguf");
  Write("ollama/blobs/sha256-" + kStoredSha256);
  EXPECT_EQ(OtherCopies("o/r", file, stores_).size(), 3);
}

TEST_F(StoredModelsTest, RemovingLeavesWhatOthersLinkTo) {
  const HubFile first = PutHub("a.gguf", kStoredSha256);
  PutHub("b.gguf", kStoredSha256);
  const HubCache cache(stores_.hub);
  const fs::path folder = cache.Snapshot("o/r", kStoredCommit);
  EXPECT_EQ(*RemoveModel(folder / "a.gguf", stores_), 0);
  EXPECT_TRUE(fs::exists(folder / "b.gguf"));
  EXPECT_EQ(*RemoveModel(folder / "b.gguf", stores_), 4);
  EXPECT_FALSE(fs::exists(cache.Blob("o/r", first.etag())));
  EXPECT_FALSE(fs::exists(folder));
  Write("studio/x.gguf");
  EXPECT_FALSE(RemoveModel(root_ / "studio/x.gguf", stores_));
  EXPECT_TRUE(fs::exists(root_ / "studio/x.gguf"));
}

TEST_F(StoredModelsTest, LinksOfAllPartsAreAddedAndRemoved) {
  Write("d/m-00001-of-00002.gguf");
  Write("d/m-00002-of-00002.gguf");
  const auto link =
      AddLink(root_ / "d/m-00001-of-00002.gguf", "n", stores_.own);
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(*link, root_ / "own/n-00001-of-00002.gguf");
  EXPECT_TRUE(fs::exists(root_ / "own/n-00002-of-00002.gguf"));
  EXPECT_TRUE(AddLink(root_ / "d/m-00001-of-00002.gguf", "n", stores_.own));
  EXPECT_FALSE(AddLink(root_ / "d/m-00001-of-00002.gguf", "../n", stores_.own));
  ASSERT_TRUE(RemoveModel(*link, stores_));
  EXPECT_TRUE(fs::is_empty(root_ / "own"));
  EXPECT_TRUE(fs::exists(root_ / "d/m-00002-of-00002.gguf"));
}

}  // namespace
}  // namespace krait::models
