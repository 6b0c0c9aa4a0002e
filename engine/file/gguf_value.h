// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_GGUF_VALUE_H_
#define KRAIT_ENGINE_FILE_GGUF_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/error.h"
#include "engine/file/gguf.h"
#include "engine/file/gguf_cursor.h"

namespace krait::engine {

// Reads the values of GGUF's metadata. What it builds is bounded twice: by the
// bytes left in the file before each allocation, and by a budget of elements
// for the whole file, as one byte may become an element of eight or more.
class GgufValueReader {
 public:
  explicit GgufValueReader(GgufCursor* cursor) : cursor_(cursor) {}

  // Reads a value of GGUF value type `type`. An error's message is the end of
  // a sentence that names the key: "its string does not fit in the file".
  Result<GgufValue> Read(uint32_t type);

 private:
  using ArrayPtr = std::shared_ptr<const GgufArray>;

  Result<ArrayPtr> ReadArray(int depth);
  Result<ArrayPtr> ReadElements(uint32_t type, size_t count, int depth);
  Result<ArrayPtr> ReadStrings(size_t count);
  Result<ArrayPtr> ReadArrays(size_t count, int depth);

  static constexpr int kMaxDepth = 4;
  static constexpr size_t kMaxElements = size_t{1} << 24;
  static constexpr size_t kMaxNestedArrays = size_t{1} << 16;

  GgufCursor* cursor_;
  size_t elements_ = 0;
  size_t nested_arrays_ = 0;
};

// Returns "an unsigned integer", "an array", ... for messages.
const char* GgufValueKind(const GgufValue& value);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_GGUF_VALUE_H_
