// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/bandwidth.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace krait::daemon {
namespace {

constexpr size_t kLine = 64;  // bytes
constexpr int kPasses = 5;
constexpr size_t kWordsAhead = 4096 / sizeof(uint64_t);

size_t BufferBytes() {
  const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
  const long pages = sysconf(_SC_AVPHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  const size_t wanted = std::max<size_t>(
      size_t{512} << 20, 4 * static_cast<size_t>(std::max(cache, 0L)));
  const size_t available =
      static_cast<size_t>(std::max(pages, 0L)) * static_cast<size_t>(page);
  const size_t bytes = std::min(wanted, available / 4);
  return std::max(bytes / kLine * kLine, size_t{16} << 20);
}

// Anonymous memory, in huge pages where there are any.
class Buffer {
 public:
  explicit Buffer(size_t bytes)
      : data_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        bytes_(bytes) {
    if (ok()) (void)madvise(data_, bytes_, MADV_HUGEPAGE);
  }
  ~Buffer() {
    if (ok()) (void)munmap(data_, bytes_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  bool ok() const { return data_ != MAP_FAILED; }
  uint64_t* words() const { return static_cast<uint64_t*>(data_); }

 private:
  void* data_;
  size_t bytes_;
};

// Reads all of [begin, end); eight sums so that no addition waits for another,
// and a prefetch as the products of weights have it: without it this measures a
// third less than they reach.
uint64_t Sum(const uint64_t* words, size_t begin, size_t end) {
  uint64_t sums[8] = {};
  for (size_t i = begin; i + 8 <= end; i += 8) {
    __builtin_prefetch(words + i + kWordsAhead);
    for (size_t lane = 0; lane < 8; ++lane) sums[lane] += words[i + lane];
  }
  uint64_t sum = 0;
  for (const uint64_t lane : sums) sum += lane;
  return sum;
}

}  // namespace

Bandwidth MeasureBandwidth(engine::WorkerPool& pool) {
  Bandwidth result{.buffer_bytes = BufferBytes()};
  const Buffer buffer(result.buffer_bytes);
  if (!buffer.ok()) return {};
  const size_t words = result.buffer_bytes / sizeof(uint64_t);
  // Each worker touches its own part first, so that it lies near.
  pool.ForRanges(words, 512, [&](size_t begin, size_t end, size_t) {
    std::fill(buffer.words() + begin, buffer.words() + end, uint64_t{1});
  });
  std::atomic<uint64_t> total{0};  // keeps the reads alive
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    pool.ForRanges(words, 512, [&](size_t begin, size_t end, size_t) {
      total += Sum(buffer.words(), begin, end);
    });
    const std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    result.bytes_per_second =
        std::max(result.bytes_per_second,
                 static_cast<double>(result.buffer_bytes) / seconds.count());
  }
  return total == 0 ? Bandwidth{} : result;
}

}  // namespace krait::daemon
