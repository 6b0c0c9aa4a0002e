// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ALIGNED_ARRAY_H_
#define KRAIT_ENGINE_ALIGNED_ARRAY_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

#include "engine/fresh_pages.h"

namespace krait::engine {

// Leaves the memory as it comes. Of large arrays the pages that are never
// written cost nothing.
struct Uninitialised {};

// A fixed-size array of numbers on a 64-byte boundary (a cache line, and the
// widest vector). Zero-initialised. Movable; copies are explicit.
template <class T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedArray() = default;
  explicit AlignedArray(size_t size)
      : data_(Allocate(size), Free{MappedBytes(size)}), size_(size) {
    // Fresh pages are zero.
    if (MappedBytes(size) == 0) Zero();
  }
  AlignedArray(size_t size, Uninitialised)
      : data_(Allocate(size), Free{MappedBytes(size)}), size_(size) {
    if (MappedBytes(size) != 0) KeepPagesSmall(data(), bytes());
  }

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
      if (mapped_bytes != 0) return UnmapPages(p, mapped_bytes);
      ::operator delete (p, std::align_val_t{64});
    }
    size_t mapped_bytes = 0;  // 0: from the heap
  };

  static size_t MappedBytes(size_t size) {
    const size_t bytes = size * sizeof(T);
    return bytes < kLargeBytes ? 0 : bytes;
  }

  static T* Allocate(size_t size) {
    if (size == 0) return nullptr;
    return static_cast<T*>(
        MappedBytes(size) != 0
            ? MapFreshPages(MappedBytes(size))
            : ::operator new (size * sizeof(T), std::align_val_t{64}));
  }

  std::unique_ptr<T, Free> data_;
  size_t size_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ALIGNED_ARRAY_H_
