// SPDX-License-Identifier: Apache-2.0
#include "engine/file/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Parsed = Result<std::unique_ptr<GgufFile>>;

Parsed Parse(const std::string& bytes) {
  return GgufFile::Parse(bytes, "memory.gguf");
}

void ExpectRefused(const std::string& bytes, const std::string& message) {
  const Parsed file = Parse(bytes);
  ASSERT_FALSE(file) << "expected: " << message;
  EXPECT_THAT(file.error().message, HasSubstr("memory.gguf: "));
  EXPECT_THAT(file.error().message, HasSubstr(message));
}

TEST(GgufTest, ReadsEveryValueType) {
  GgufBuilder b;
  b.Key<uint8_t>("u8", 0, 200);
  b.Key<int8_t>("i8", 1, -100);
  b.Key<uint16_t>("u16", 2, 60000);
  b.Key<int16_t>("i16", 3, -30000);
  b.Key<uint32_t>("u32", 4, 4000000000U);
  b.Key<int32_t>("i32", 5, -2000000000);
  b.Key<float>("f32", 6, 0.5F);
  b.Key<uint8_t>("bool", 7, 1);
  b.StringKey("string", "text");
  b.Key<uint64_t>("u64", 10, ~uint64_t{0});
  b.Key<int64_t>("i64", 11, -5);
  b.Key<double>("f64", 12, 0.1);
  const std::string bytes = b.Build();
  const Parsed file = Parse(bytes);
  ASSERT_TRUE(file) << file.error().message;
  const GgufFile& f = **file;
  EXPECT_EQ(*f.RequireUint("u8"), 200U);
  EXPECT_EQ(std::get<int64_t>(*f.Find("i8")), -100);
  EXPECT_EQ(*f.RequireUint("u16"), 60000U);
  EXPECT_EQ(std::get<int64_t>(*f.Find("i16")), -30000);
  EXPECT_EQ(*f.RequireUint("u32"), 4000000000U);
  EXPECT_EQ(std::get<int64_t>(*f.Find("i32")), -2000000000);
  EXPECT_EQ(*f.RequireFloat("f32"), 0.5);
  EXPECT_EQ(**f.FindBool("bool"), true);
  EXPECT_EQ(*f.RequireString("string"), "text");
  EXPECT_EQ(*f.RequireUint("u64"), ~uint64_t{0});
  EXPECT_EQ(std::get<int64_t>(*f.Find("i64")), -5);
  EXPECT_EQ(*f.RequireFloat("f64"), 0.1);
  EXPECT_THAT(f.keys(),
              ElementsAre("u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool",
                          "string", "u64", "i64", "f64"));
}

TEST(GgufTest, ReadsArraysOfStringsNumbersAndArrays) {
  GgufBuilder b;
  b.ArrayKey("strings", 8, 2).String("a").String("");
  b.ArrayKey("bools", 7, 2).Raw<uint8_t>(1).Raw<uint8_t>(0);
  b.ArrayKey("nested", 9, 2);
  b.Raw<uint32_t>(5).Raw<uint64_t>(2).Raw<int32_t>(-1).Raw<int32_t>(7);
  b.Raw<uint32_t>(6).Raw<uint64_t>(1).Raw<float>(2.0F);
  b.ArrayKey("empty", 10, 0);
  const std::string bytes = b.Build();
  const Parsed file = Parse(bytes);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_THAT((*(*file)->FindArray("strings"))->strings, ElementsAre("a", ""));
  EXPECT_THAT((*(*file)->FindArray("bools"))->bools, ElementsAre(true, false));
  const GgufArray* nested = *(*file)->FindArray("nested");
  ASSERT_EQ(nested->arrays.size(), 2U);
  EXPECT_THAT(nested->arrays[0]->ints, ElementsAre(-1, 7));
  EXPECT_THAT(nested->arrays[1]->floats, ElementsAre(2.0));
  EXPECT_EQ((*(*file)->FindArray("empty"))->size(), 0U);
  EXPECT_EQ(*(*file)->FindArray("absent"), nullptr);
}

TEST(GgufTest, ReversesDimensionsAndFindsTheData) {
  GgufBuilder b;
  b.Tensor("t", {3, 2}, TensorType::kF32, 0);
  const std::string bytes = b.Build(32);
  const Parsed file = Parse(bytes);
  ASSERT_TRUE(file) << file.error().message;
  const Tensor& tensor = (*file)->tensors().at(0);
  EXPECT_THAT(tensor.shape, ElementsAre(2, 3));
  EXPECT_EQ(tensor.bytes, 24U);
  EXPECT_EQ(reinterpret_cast<const char*>(tensor.data),
            bytes.data() + bytes.size() - 32);
}

TEST(GgufTest, SizesOfQuantisedTensorsAreThoseOfWholeBlocks) {
  GgufBuilder b;
  b.Tensor("q8", {64, 2}, TensorType::kQ8_0, 0);
  b.Tensor("q4k", {256}, TensorType::kQ4_K, 160);
  const std::string bytes = b.Build(320);
  const Parsed file = Parse(bytes);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ((*file)->tensors()[0].bytes, 4 * 34U);
  EXPECT_EQ((*file)->tensors()[1].bytes, 144U);
}

TEST(GgufTest, TypedLookUpsNameFileKeyAndBothTypes) {
  GgufBuilder b;
  b.StringKey("llama.block_count", "2");
  b.Key<int32_t>("negative", 5, -3);
  const std::string bytes = b.Build();
  const Parsed file = Parse(bytes);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ((*file)->FindUint("llama.block_count").error().message,
            "memory.gguf: key 'llama.block_count': expected an unsigned "
            "integer, found a string");
  EXPECT_EQ((*file)->FindUint("negative").error().message,
            "memory.gguf: key 'negative': expected an unsigned integer, "
            "found -3");
  EXPECT_EQ((*file)->RequireUint("absent").error().message,
            "memory.gguf: key 'absent' is missing");
  EXPECT_EQ(*(*file)->FindFloat("absent"), std::nullopt);
}

TEST(GgufTest, RefusesWhatDoesNotFitInTheFile) {
  ExpectRefused("", "begin with 'GGUF'");
  ExpectRefused("version https://git-lfs.github.com/spec/v1", "LFS pointer");
  ExpectRefused("GGUF\x03", "ends inside the header");
  GgufBuilder string_key;
  string_key.StringKey("k", "v");
  const std::string whole = string_key.Build();
  for (size_t size = 4; size < whole.size(); ++size) {
    EXPECT_FALSE(Parse(whole.substr(0, size))) << size;
  }
  GgufBuilder array;
  array.ArrayKey("k", 12, uint64_t{1} << 61);
  ExpectRefused(array.Build(), "array of 2305843009213693952 elements");
  GgufBuilder tensor;
  tensor.Tensor("t", {1024}, TensorType::kF32, 0);
  ExpectRefused(tensor.Build(4095), "tensor 't': its 4096 bytes");
}

TEST(GgufTest, RefusesArraysNestedDeeperThanFour) {
  for (const int depth : {4, 5}) {
    GgufBuilder b;
    b.ArrayKey("k", 9, 1);
    for (int i = 1; i < depth - 1; ++i) b.Raw<uint32_t>(9).Raw<uint64_t>(1);
    b.Raw<uint32_t>(0).Raw<uint64_t>(0);
    const std::string bytes = b.Build();
    if (depth == 4) {
      EXPECT_TRUE(Parse(bytes));
    } else {
      ExpectRefused(bytes, "nested more than 4 deep");
    }
  }
}

TEST(GgufTest, RefusesTensorsOfUnknownTypeOrImpossibleShape) {
  GgufBuilder unknown;
  unknown.Tensor("t", {4}, static_cast<TensorType>(99), 0);
  ExpectRefused(unknown.Build(32), "tensor 't': tensor type 99 is unknown");
  GgufBuilder row;
  row.Tensor("t", {33}, TensorType::kQ8_0, 0);
  ExpectRefused(row.Build(64),
                "tensor 't': its rows of 33 are not whole blocks of 32 (Q8_0)");
  GgufBuilder overflow;
  overflow.Tensor("t", {uint64_t{1} << 62, 4}, TensorType::kF32, 0);
  ExpectRefused(overflow.Build(64), "is absurdly large");
  GgufBuilder zero;
  zero.Tensor("t", {0}, TensorType::kF32, 0);
  ExpectRefused(zero.Build(64), "dimension of 0");
}

TEST(GgufTest, RefusesOverlapMisalignmentAndDuplicates) {
  GgufBuilder overlap;
  overlap.Tensor("a", {16}, TensorType::kF32, 0);
  overlap.Tensor("b", {8}, TensorType::kF32, 32);
  ExpectRefused(overlap.Build(64), "tensor 'b': it overlaps tensor 'a'");
  GgufBuilder misaligned;
  misaligned.Tensor("a", {4}, TensorType::kF32, 16);
  ExpectRefused(misaligned.Build(64), "not a multiple of the alignment 32");
  GgufBuilder names;
  names.Tensor("a", {8}, TensorType::kF32, 0);
  names.Tensor("a", {8}, TensorType::kF32, 32);
  ExpectRefused(names.Build(64), "tensor 'a': it appears twice");
  GgufBuilder keys;
  keys.Key<uint32_t>("k", 4, 1);
  keys.Key<uint32_t>("k", 4, 1);
  ExpectRefused(keys.Build(), "key 'k' appears twice");
}

TEST(GgufTest, HonoursAndChecksAlignment) {
  GgufBuilder eight;
  eight.Key<uint32_t>("general.alignment", 4, 8);
  eight.Tensor("a", {2}, TensorType::kF32, 8);
  EXPECT_TRUE(Parse(eight.Build(16, 8)));
  for (const uint32_t bad : {0U, 1U, 4U, 24U, 1U << 31U}) {
    GgufBuilder b;
    b.Key<uint32_t>("general.alignment", 4, bad);
    ExpectRefused(b.Build(), "expected a power of two");
  }
}

TEST(GgufTest, AcceptsVersionTwoAndRefusesOthers) {
  EXPECT_TRUE(Parse(GgufBuilder(2).Build()));
  ExpectRefused(GgufBuilder(1).Build(), "GGUF version 1 is not supported");
  ExpectRefused(GgufBuilder(0x03000000).Build(), "big-endian");
}

}  // namespace
}  // namespace krait::engine
