// SPDX-License-Identifier: Apache-2.0
#include "engine/fresh_pages.h"

#include <sys/mman.h>

#include <new>

namespace krait::engine {

void* MapFreshPages(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
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
