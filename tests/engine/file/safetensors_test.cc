// SPDX-License-Identifier: Apache-2.0
#include "engine/file/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace krait::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string FileOf(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + std::string(data_bytes, '\x01');
}

void ExpectFileRefused(const std::string& file, const std::string& message) {
  const auto parsed = SafetensorsFile::Parse(file, "memory.safetensors");
  ASSERT_FALSE(parsed) << "expected: " << message;
  EXPECT_THAT(parsed.error().message, HasSubstr("memory.safetensors: "));
  EXPECT_THAT(parsed.error().message, HasSubstr(message));
}

TEST(SafetensorsTest, ReadsTensorsSortedByNameWithTheirBytes) {
  const std::string file = FileOf(
      R"({"z":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},
          "a":{"dtype":"F8_E4M3","shape":[],"data_offsets":[12,13]},
          "__metadata__":{"format":"pt"}})",
      13);
  const auto parsed = SafetensorsFile::Parse(file, "memory");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const SafetensorsFile& f = **parsed;
  ASSERT_EQ(f.entries().size(), 2U);
  EXPECT_EQ(f.entries()[0].name, "a");
  EXPECT_EQ(f.entries()[0].type, std::nullopt);
  EXPECT_EQ(f.entries()[0].bytes, 1U);
  EXPECT_EQ(f.Find("z")->type, TensorType::kBF16);
  EXPECT_THAT(f.Find("z")->shape, ElementsAre(2, 3));
  EXPECT_EQ(reinterpret_cast<const char*>(f.Find("z")->data),
            file.data() + file.size() - 13);
  EXPECT_EQ(f.Find("absent"), nullptr);
  EXPECT_THAT(f.metadata(), ElementsAre(Pair("format", "pt")));
}

TEST(SafetensorsTest, EmptyTensorsMayShareAPosition) {
  EXPECT_TRUE(SafetensorsFile::Parse(
      FileOf(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},
                 "b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                 "c":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]}})",
             4),
      "memory"));
}

TEST(SafetensorsTest, RefusesEveryTruncation) {
  const std::string whole =
      FileOf(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  ASSERT_TRUE(SafetensorsFile::Parse(whole, "memory"));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(SafetensorsFile::Parse(whole.substr(0, size), "memory"))
        << size;
  }
}

TEST(SafetensorsTest, RefusesHolesOverlapsAndLeftovers) {
  ExpectFileRefused(
      FileOf(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
                 "b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
             6),
      "tensor 'b': it overlaps");
  ExpectFileRefused(
      FileOf(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})", 6),
      "tensor 'a': there is a hole");
  ExpectFileRefused(
      FileOf(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 6),
      "2 bytes after the last tensor");
}

TEST(SafetensorsTest, RefusesShapesThatDoNotMakeTheBytes) {
  ExpectFileRefused(
      FileOf(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
      "shape [3] of F32 does not make 8 bytes");
  ExpectFileRefused(
      FileOf(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],
                      "data_offsets":[0,0]}})",
             0),
      "does not make 0 bytes");
}

TEST(SafetensorsTest, TellsALfsPointer) {
  ExpectFileRefused(
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
      "Git LFS pointer");
}

}  // namespace
}  // namespace krait::engine
