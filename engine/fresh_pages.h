// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FRESH_PAGES_H_
#define KRAIT_ENGINE_FRESH_PAGES_H_

#include <cstddef>

namespace krait::engine {

// Returns memory straight from the operating system: zero, on a page's
// boundary, and page by page (of 2 MiB, if it is large) only there once it is
// written. Throws std::bad_alloc. The heap cannot promise that: what it gives
// has often been written before, for something else.
void* MapFreshPages(size_t bytes);
// Lets a byte that is written bring 4 KiB and never 2 MiB.
void KeepPagesSmall(void* pages, size_t bytes);
// Gives it back at once, unlike the heap. `bytes` as it was mapped.
void UnmapPages(void* pages, size_t bytes);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FRESH_PAGES_H_
