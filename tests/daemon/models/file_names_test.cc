// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/file_names.h"

#include <gtest/gtest.h>

namespace krait::models {
namespace {

TEST(FileNamesTest, ASafePathStaysInItsFolder) {
  for (const char* path : {"a", "a/b.gguf", "a..b", ".gitattributes", "a b"}) {
    EXPECT_TRUE(IsSafePath(path)) << path;
  }
  for (const char* path : {"", "/a", "a/", "a//b", "..", "a/../b", "./a", "-a",
                           "a/-b", "a\\b", "a\nb", "a\x7f"}) {
    EXPECT_FALSE(IsSafePath(path)) << path;
  }
  EXPECT_FALSE(IsSafePath(std::string(300, 'a')));
  EXPECT_FALSE(IsSafePath(std::string_view("a\0b", 3)));
}

TEST(FileNamesTest, PartsOfSplitModels) {
  const auto split = ParseSplitName("d/m-00002-of-00003.gguf");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->base, "d/m");
  EXPECT_EQ(split->part, 2);
  EXPECT_EQ(split->parts, 3);
  EXPECT_TRUE(ParseSplitName("model-00001-of-00002.safetensors"));
  for (const char* path :
       {"m.gguf", "m-00004-of-00003.gguf", "m-00000-of-00003.gguf",
        "m-0001-of-0003.gguf", "-00001-of-00003.gguf", "m-00001-of-0000x.gguf",
        "m-00001-of-00003.txt"}) {
    EXPECT_FALSE(ParseSplitName(path)) << path;
  }
  EXPECT_EQ(ModelStem("m-00001-of-00003.gguf"), "m");
  EXPECT_EQ(ModelStem("m.Q8_0.gguf"), "m.Q8_0");
}

TEST(FileNamesTest, ModelsAndTheirCompanions) {
  for (const char* path : {"m.gguf", "m-00001-of-00002.gguf", "a/m.gguf"}) {
    EXPECT_TRUE(IsGgufModelName(path)) << path;
  }
  for (const char* path :
       {"m-00002-of-00002.gguf", "mmproj-m.gguf", "m.mmproj-f16.gguf",
        "m.imatrix.gguf", "mtp-m.gguf", "m.bin", "m.gguf.incomplete"}) {
    EXPECT_FALSE(IsGgufModelName(path)) << path;
  }
}

TEST(FileNamesTest, TagsAreWholeWords) {
  EXPECT_TRUE(HasTag("m-Q8_0.gguf", "q8_0"));
  EXPECT_TRUE(HasTag("m.q4_k_m.gguf", "Q4_K_M"));
  EXPECT_TRUE(HasTag("Q4_K_M/m-00001-of-00002.gguf", "Q4_K_M"));
  EXPECT_FALSE(HasTag("m-Q4_K_M.gguf", "Q4_K"));
  EXPECT_FALSE(HasTag("m-IQ4_XS.gguf", "Q4_XS"));
  EXPECT_FALSE(HasTag("m.gguf", ""));
}

}  // namespace
}  // namespace krait::models
