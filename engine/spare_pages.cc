// SPDX-License-Identifier: Apache-2.0
#include "engine/spare_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <iterator>

#include "engine/fresh_pages.h"

namespace krait::engine {
namespace {

// The log of a prefill of 512 tokens of Mamba-2 130M has 89 MB.
constexpr size_t kProcessLimit = size_t{128} << 20;

}  // namespace

SparePages& SparePages::OfProcess() {
  // Never destroyed: arrays may outlive what is.
  static auto* const spare = new SparePages(kProcessLimit);
  return *spare;
}

SparePages::~SparePages() {
  for (const Run& run : runs_) UnmapPages(run.pages, run.bytes);
}

void* SparePages::Take(size_t bytes) {
  {
    const std::scoped_lock lock(mutex_);
    // The newest is the likeliest to be there still, and in a cache.
    const auto found =
        std::ranges::find(runs_.rbegin(), runs_.rend(), bytes, &Run::bytes);
    if (found != runs_.rend()) {
      void* const pages = found->pages;
      runs_.erase(std::next(found).base());
      bytes_ -= bytes;
      return pages;
    }
  }
  void* const pages = MapFreshPages(bytes);
  KeepPagesSmall(pages, bytes);
  return pages;
}

void SparePages::Keep(void* pages, size_t bytes) {
  if (bytes > limit_bytes_ || madvise(pages, bytes, MADV_FREE) != 0) {
    return UnmapPages(pages, bytes);
  }
  std::deque<Run> surplus;
  {
    const std::scoped_lock lock(mutex_);
    runs_.push_back({.pages = pages, .bytes = bytes});
    bytes_ += bytes;
    while (bytes_ > limit_bytes_) {
      bytes_ -= runs_.front().bytes;
      surplus.push_back(runs_.front());
      runs_.pop_front();
    }
  }
  for (const Run& run : surplus) UnmapPages(run.pages, run.bytes);
}

size_t SparePages::bytes() const {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

}  // namespace krait::engine
