// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_split.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "engine/arch/model.h"
#include "engine/model/model_file.h"
#include "engine/model/model_stamp.h"
#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr uint32_t kUint16 = 2;
constexpr uint32_t kInt32Key = 5;
constexpr size_t kParts = 3;

// A real model, cut into parts as llama-gguf-split does: the metadata and some
// tensors in the first, the other tensors in the others.
class GgufSplitTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) /
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(directory_);
    auto whole = GgufFile::Open(kWhole);
    ASSERT_TRUE(whole) << whole.error().message;
    for (size_t part = 0; part < kParts; ++part) Write(**whole, part, part);
  }
  void TearDown() override { fs::remove_all(directory_); }

  fs::path PathOf(size_t part) const {
    return directory_ /
           fmt::format("model-{:05}-of-{:05}.gguf", part + 1, kParts);
  }

  // Writes part `part`, which says that it is number `says`.
  void Write(const GgufFile& whole, size_t part, size_t says) const {
    GgufBuilder builder;
    if (part == 0) {
      for (size_t i = 0; i < whole.keys().size(); ++i) {
        builder.RawKey(whole.RawKey(i));
      }
      builder.Key("split.tensors.count", kInt32Key,
                  static_cast<int32_t>(whole.tensors().size()));
    }
    builder.Key("split.no", kUint16, static_cast<uint16_t>(says));
    builder.Key("split.count", kUint16, static_cast<uint16_t>(kParts));
    std::string data;
    for (size_t i = part; i < whole.tensors().size(); i += kParts) {
      const Tensor& tensor = whole.tensors()[i];
      builder.Tensor(tensor.name, {tensor.shape.rbegin(), tensor.shape.rend()},
                     tensor.type, data.size());
      data.append(reinterpret_cast<const char*>(tensor.data), tensor.bytes);
      data.resize((data.size() + 31) / 32 * 32);
    }
    std::ofstream(PathOf(part), std::ios::binary) << builder.Build() << data;
  }

  static inline const fs::path kWhole =
      KRAIT_TEST_DATA "/models/mistral-kq/gguf/model-Q4_K_M.gguf";
  fs::path directory_;
};

TEST_F(GgufSplitTest, AnyPartLoadsTheWholeModel) {
  const auto whole = ModelFile::Open(kWhole);
  ASSERT_TRUE(whole);
  for (size_t part = 0; part < kParts; ++part) {
    const auto split = ModelFile::Open(PathOf(part));
    ASSERT_TRUE(split) << split.error().message;
    ASSERT_EQ((*split)->tensors().size(), (*whole)->tensors().size());
    for (const Tensor& tensor : (*whole)->tensors()) {
      const Tensor* found = (*split)->Find(tensor.name);
      ASSERT_NE(found, nullptr) << tensor.name;
      ASSERT_EQ(found->shape, tensor.shape);
      ASSERT_EQ(std::memcmp(found->data, tensor.data, tensor.bytes), 0);
    }
    EXPECT_TRUE((*split)->LoadTokenizer());
  }
}

TEST_F(GgufSplitTest, MissingPartsAreNamed) {
  fs::remove(PathOf(1));
  for (const size_t part : {size_t{0}, size_t{2}}) {
    const auto model = ModelFile::Open(PathOf(part));
    ASSERT_FALSE(model);
    EXPECT_THAT(model.error().message, HasSubstr("model-00002-of-00003.gguf"));
    EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
  }
  fs::remove(PathOf(0));
  EXPECT_THAT(ModelFile::Open(PathOf(2)).error().message,
              HasSubstr("model-00001-of-00003.gguf, model-00002-of-00003"));
}

TEST_F(GgufSplitTest, APartOfAnotherPlaceIsRefused) {
  const auto whole = GgufFile::Open(kWhole);
  Write(**whole, 1, 2);
  EXPECT_THAT(ModelFile::Open(PathOf(0)).error().message,
              HasSubstr("expected part 2 of 3"));
}

TEST_F(GgufSplitTest, ATensorLessThanPromisedIsRefused) {
  fs::copy_file(PathOf(1), directory_ / "kept");
  GgufBuilder empty;
  empty.Key("split.no", kUint16, uint16_t{1});
  empty.Key("split.count", kUint16, uint16_t{3});
  std::ofstream(PathOf(1), std::ios::binary) << empty.Build();
  EXPECT_THAT(ModelFile::Open(PathOf(0)).error().message,
              HasSubstr("split.tensors.count"));
}

TEST_F(GgufSplitTest, APartUnderAnotherNameSaysWhatIsExpected) {
  const fs::path renamed = directory_ / "renamed.gguf";
  fs::copy_file(PathOf(0), renamed);
  EXPECT_THAT(ModelFile::Open(renamed).error().message,
              HasSubstr("-00001-of-00003.gguf"));
}

TEST_F(GgufSplitTest, AllPartsAreLookedAtForChanges) {
  EXPECT_EQ(StampModel(PathOf(1)).size(), kParts);
  EXPECT_EQ(StampModel(PathOf(1)), StampModel(PathOf(0)));
  fs::remove(PathOf(2));
  EXPECT_EQ(StampModel(PathOf(1)).size(), kParts - 1);
}

TEST(SplitPartsTest, OnlyNamesOfPartsHaveParts) {
  EXPECT_EQ(SplitParts("a/m-00002-of-00002.gguf"),
            (std::vector<fs::path>{"a/m-00001-of-00002.gguf",
                                   "a/m-00002-of-00002.gguf"}));
  for (const char* name :
       {"m.gguf", "m-00001-of-00001.gguf", "m-00000-of-00002.gguf",
        "m-00003-of-00002.gguf", "m-0001-of-00002.gguf", "-00001-of-00002.gguf",
        "m-00001-of-00002.bin", "m-+0001-of-00002.gguf",
        "m-00001-of-99999.gguf", "m_00001-of-00002.gguf"}) {
    EXPECT_TRUE(SplitParts(name).empty()) << name;
    EXPECT_EQ(MetadataFile(name), name);
  }
  EXPECT_EQ(MetadataFile("m-00002-of-00003.gguf"), "m-00001-of-00003.gguf");
}

}  // namespace
}  // namespace krait::engine
