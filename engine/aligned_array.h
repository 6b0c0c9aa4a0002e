// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ALIGNED_ARRAY_H_
#define KRAIT_ENGINE_ALIGNED_ARRAY_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace krait::engine {

// Leaves the memory as it comes: pages that are never written cost nothing.
struct Uninitialised {};

// A fixed-size array of numbers on a 64-byte boundary (a cache line, and the
// widest vector). Zero-initialised. Movable; copies are explicit.
template <class T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedArray() = default;
  explicit AlignedArray(size_t size) : AlignedArray(size, Uninitialised{}) {
    std::fill_n(data_.get(), size_, T{});
  }
  AlignedArray(size_t size, Uninitialised)
      : data_(size == 0 ? nullptr
                        : static_cast<T*>(::operator new (
                              size * sizeof(T), std::align_val_t{64}))),
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
  struct Free {
    void operator()(T* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<T, Free> data_;
  size_t size_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ALIGNED_ARRAY_H_
