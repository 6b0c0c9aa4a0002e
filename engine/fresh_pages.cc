// SPDX-License-Identifier: Apache-2.0
#include "engine/fresh_pages.h"

#include <sys/mman.h>

#include <new>

namespace krait::engine {
namespace {

// From here on huge pages are asked for: a state of hundreds of megabytes is
// written anew for each completion, and with pages of 4 KiB the system took
// half as long for that as decoding eight tokens did.
constexpr size_t kLargeBytes = size_t{4} << 20;

}  // namespace

void* MapFreshPages(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  // Where there are none this fails, and changes nothing.
  if (bytes >= kLargeBytes) (void)madvise(pages, bytes, MADV_HUGEPAGE);
  return pages;
}

void KeepPagesSmall(void* pages, size_t bytes) {
  // Where there are no huge pages this fails, and changes nothing.
  (void)madvise(pages, bytes, MADV_NOHUGEPAGE);
}

void UnmapPages(void* pages, size_t bytes) {
  (void)munmap(pages, bytes);
}

}  // namespace krait::engine
