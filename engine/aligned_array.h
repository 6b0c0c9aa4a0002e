// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ALIGNED_ARRAY_H_
#define KRAIT_ENGINE_ALIGNED_ARRAY_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

#include "engine/fresh_pages.h"
#include "engine/spare_pages.h"

namespace krait::engine {

// Leaves the memory as it comes. Of large arrays the pages that are never
// written cost nothing: they are not there, or the system may take them
// (SparePages).
struct Uninitialised {};

// A fixed-size array of numbers on a 64-byte boundary (a cache line, and the
// widest vector). Zero-initialised. Movable; copies are explicit.
template <class T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedArray() = default;
  explicit AlignedArray(size_t size)
      : data_(Allocate(size, MapFreshPages), Free{MappedBytes(size)}),
        size_(size) {
    // Fresh pages are zero.
    if (MappedBytes(size) == 0) Zero();
  }
  AlignedArray(size_t size, Uninitialised)
      : data_(Allocate(size, TakeSparePages), Free{MappedBytes(size), true}),
        size_(size) {}

  AlignedArray Copy() const {
    AlignedArray copy(size_);
    std::copy_n(data_.get(), size_, copy.data_.get());
    return copy;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](size_t i) { return data_.get()[i]; }
  const T& operator[](size_t i) const { return data_.get()[i]; }
  void Zero() { std::fill_n(data_.get(), size_, T{}); }

 private:
  // Larger arrays do not come from the heap: states of a megabyte that come
  // and go among small things would leave it full of holes.
  static constexpr size_t kLargeBytes = size_t{256} << 10;

  struct Free {
    void operator()(T* p) const {
      if (mapped_bytes == 0) {
        ::operator delete (p, std::align_val_t{64});
      } else if (is_spare) {
        SparePages::OfProcess().Keep(p, mapped_bytes);
      } else {
        UnmapPages(p, mapped_bytes);
      }
    }
    size_t mapped_bytes = 0;  // 0: from the heap
    bool is_spare = false;    // came from SparePages
  };

  static size_t MappedBytes(size_t size) {
    const size_t bytes = size * sizeof(T);
    return bytes < kLargeBytes ? 0 : bytes;
  }

  static void* TakeSparePages(size_t bytes) {
    return SparePages::OfProcess().Take(bytes);
  }

  static T* Allocate(size_t size, void* (*map)(size_t bytes)) {
    if (size == 0) return nullptr;
    return static_cast<T*>(
        MappedBytes(size) != 0
            ? map(MappedBytes(size))
            : ::operator new (size * sizeof(T), std::align_val_t{64}));
  }

  std::unique_ptr<T, Free> data_;
  size_t size_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ALIGNED_ARRAY_H_
