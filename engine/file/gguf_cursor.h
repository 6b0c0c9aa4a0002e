// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_GGUF_CURSOR_H_
#define KRAIT_ENGINE_FILE_GGUF_CURSOR_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace krait::engine {

static_assert(std::endian::native == std::endian::little,
              "model files are little endian and read in place");

// Reads little-endian values one after another and never beyond the end. A
// failed read leaves the position where it was.
class GgufCursor {
 public:
  explicit GgufCursor(std::string_view bytes) : bytes_(bytes) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  template <class T>
  [[nodiscard]] bool Read(T* value) {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
    if (remaining() < sizeof(T)) return false;
    std::memcpy(value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return true;
  }

  // A length of 64 bits, then as many bytes.
  [[nodiscard]] bool ReadString(std::string_view* value) {
    const size_t start = position_;
    uint64_t length = 0;
    if (!Read(&length)) return false;
    if (length > remaining()) {
      position_ = start;
      return false;
    }
    *value = bytes_.substr(position_, static_cast<size_t>(length));
    position_ += static_cast<size_t>(length);
    return true;
  }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_GGUF_CURSOR_H_
