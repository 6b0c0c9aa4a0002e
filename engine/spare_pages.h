// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_SPARE_PAGES_H_
#define KRAIT_ENGINE_SPARE_PAGES_H_

#include <cstddef>
#include <deque>
#include <mutex>

namespace krait::engine {

// Memory that arrays gave up and the next of the same size gets, with whatever
// is in it: pieces of a replay log come and go by the megabyte, and a prefill
// of a small model spent a quarter of its time on faults of fresh pages
// (tests/bench/NOTES.md). The system may take the pages meanwhile, one by one
// (MADV_FREE): to it they are free memory, and what is never written again
// stays so. Thread-safe.
class SparePages {
 public:
  // Keeps at most `limit_bytes`.
  explicit SparePages(size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  ~SparePages();
  SparePages(const SparePages&) = delete;
  SparePages& operator=(const SparePages&) = delete;

  // Those of the process; they live as long as it does.
  static SparePages& OfProcess();

  // Returns pages of 4 KiB, `bytes` of them, spare ones or fresh ones. Throws
  // std::bad_alloc.
  void* Take(size_t bytes);
  // Takes back what Take() gave. Gives the oldest to the system if they would
  // become too many.
  void Keep(void* pages, size_t bytes);

  size_t bytes() const;

 private:
  struct Run {
    void* pages;
    size_t bytes;
  };

  const size_t limit_bytes_;
  mutable std::mutex mutex_;
  std::deque<Run> runs_;  // oldest first
  size_t bytes_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_SPARE_PAGES_H_
