// SPDX-License-Identifier: Apache-2.0
#include "engine/aligned_array.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
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

// Bytes of this process that the system may take back at any time, the pages
// that it has not yet counted as such left out.
size_t LazyFreeBytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string word; rollup >> word;) {
    size_t kib = 0;
    if (word == "LazyFree:" && rollup >> kib) return kib << 10;
  }
  ADD_FAILURE() << "/proc/self/smaps_rollup has no LazyFree";
  return 0;
}

constexpr size_t kLargeBytes = size_t{2} << 20;

TEST(AlignedArrayTest, LargeZerosThatWereNeverWrittenAreNotInMemory) {
  // The heap would hand out again what the arrays before it have written.
  for (int round = 0; round < 20; ++round) {
    AlignedArray<std::byte> array(kLargeBytes);
    EXPECT_EQ(ResidentPages(array), 0U);
    array[0] = std::byte{1};
    array[kLargeBytes / 2] = std::byte{1};
    EXPECT_EQ(ResidentPages(array), 2U);
    std::ranges::fill_n(array.data(), kLargeBytes, std::byte{2});
  }
}

TEST(AlignedArrayTest, LargePartsThatWereNotWrittenAgainAreTheSystems) {
  // It marks some dozens of pages at a time.
  constexpr size_t kNotYetCounted = size_t{256} << 10;
  for (int round = 0; round < 20; ++round) {
    AlignedArray<std::byte> array(kLargeBytes, Uninitialised{});
    array[0] = std::byte{1};
    array[kLargeBytes / 2] = std::byte{1};
    if (round == 0) {
      EXPECT_EQ(ResidentPages(array), 2U);
    } else {
      EXPECT_GE(LazyFreeBytes(), kLargeBytes - kNotYetCounted);
    }
    std::ranges::fill_n(array.data(), kLargeBytes, std::byte{2});
    EXPECT_LT(LazyFreeBytes(), kNotYetCounted);
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
