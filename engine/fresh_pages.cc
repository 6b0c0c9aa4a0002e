// SPDX-License-Identifier: Apache-2.0
#include "engine/fresh_pages.h"

#include <sys/mman.h>

#include <new>

namespace krait::engine {

void* MapFreshPages(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  // One byte would bring 2 MiB where all memory comes in huge pages. Where
  // there are none this fails, and changes nothing.
  (void)madvise(pages, bytes, MADV_NOHUGEPAGE);
  return pages;
}

void UnmapPages(void* pages, size_t bytes) {
  (void)munmap(pages, bytes);
}

}  // namespace krait::engine
