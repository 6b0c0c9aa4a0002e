// SPDX-License-Identifier: Apache-2.0
#include "engine/aligned_array.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace krait::engine {
namespace {

// Pages of an array that are in memory. The array begins on a page.
size_t ResidentPages(AlignedArray<std::byte>& array) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((array.bytes() + page - 1) / page);
  EXPECT_EQ(mincore(array.data(), array.bytes(), pages.data()), 0);
  return static_cast<size_t>(
      std::ranges::count_if(pages, [](unsigned char p) { return p & 1U; }));
}

TEST(AlignedArrayTest, LargePartsThatWereNeverWrittenAreNotInMemory) {
  constexpr size_t kBytes = size_t{2} << 20;
  // The heap would hand out again what the arrays before it have written.
  for (int round = 0; round < 20; ++round) {
    AlignedArray<std::byte> array(kBytes, Uninitialised{});
    EXPECT_EQ(ResidentPages(array), 0U);
    array[0] = std::byte{1};
    array[kBytes / 2] = std::byte{1};
    EXPECT_EQ(ResidentPages(array), 2U);
    std::ranges::fill_n(array.data(), kBytes, std::byte{2});
  }
}

TEST(AlignedArrayTest, BeginsOnACacheLineAtAnySize) {
  for (const size_t size : {1U, 63U, 65U, 65535U, 65536U, 65537U, 1000000U}) {
    const AlignedArray<float> zero(size);
    const AlignedArray<float> any(size, Uninitialised{});
    EXPECT_EQ(reinterpret_cast<uintptr_t>(zero.data()) % 64, 0U);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(any.data()) % 64, 0U);
    EXPECT_EQ(any.size(), size);
    EXPECT_EQ(any.bytes(), size * sizeof(float));
    EXPECT_TRUE(std::all_of(zero.data(), zero.data() + size,
                            [](float value) { return value == 0; }));
  }
  const AlignedArray<float> none(0, Uninitialised{});
  EXPECT_EQ(none.data(), nullptr);
}

TEST(AlignedArrayTest, MovesAndCopiesWhatItHolds) {
  for (const size_t size : {10U, 1000000U}) {
    AlignedArray<float> array(size, Uninitialised{});
    for (size_t i = 0; i < size; ++i) array[i] = static_cast<float>(i);
    const AlignedArray<float> copy = array.Copy();
    array = AlignedArray<float>(3);
    AlignedArray<float> moved = std::move(array);
    EXPECT_EQ(moved.size(), 3U);
    EXPECT_EQ(copy[size - 1], static_cast<float>(size - 1));
  }
}

}  // namespace
}  // namespace krait::engine
