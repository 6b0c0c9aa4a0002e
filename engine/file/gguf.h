// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_GGUF_H_
#define KRAIT_ENGINE_FILE_GGUF_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/error.h"
#include "engine/file/mapped_file.h"
#include "engine/file/tensor.h"

namespace krait::engine {

// GGUF value types 0..12 collapse to these: all integers to 64 bits, f32 and
// f64 to double.
struct GgufArray;
using GgufValue = std::variant<uint64_t, int64_t, double, bool, std::string,
                               std::shared_ptr<const GgufArray>>;

// A homogeneous, possibly nested (at most 4 levels) array.
struct GgufArray {
  std::vector<uint64_t> uints;  // filled for unsigned element types
  std::vector<int64_t> ints;    // for signed ones
  std::vector<double> floats;   // for f32 and f64
  std::vector<bool> bools;
  std::vector<std::string_view> strings;  // point into the mapped file
  std::vector<std::shared_ptr<const GgufArray>> arrays;

  // Elements, whatever their type (only one of the vectors is filled).
  size_t size() const {
    return uints.size() + ints.size() + floats.size() + bools.size() +
           strings.size() + arrays.size();
  }
};

// A parsed GGUF version 2 or 3 file (little endian). Every length, count,
// offset and dimension has been checked against the file's size and against
// overflow. Immutable and thread-safe after Open.
class GgufFile {
 public:
  static Result<std::unique_ptr<GgufFile>> Open(
      const std::filesystem::path& path);
  // The same over bytes in memory, which must outlive the file (fuzzing).
  static Result<std::unique_ptr<GgufFile>> Parse(std::string_view bytes,
                                                 std::string name);

  // Messages start with this.
  const std::string& name() const { return name_; }

  const GgufValue* Find(std::string_view key) const;

  // Typed look-ups. A missing key gives nullopt; a key of another type (or a
  // number out of range) is an error that names file, key and expectation.
  Result<std::optional<uint64_t>> FindUint(std::string_view key) const;
  Result<std::optional<double>> FindFloat(std::string_view key) const;
  Result<std::optional<bool>> FindBool(std::string_view key) const;
  Result<std::optional<std::string>> FindString(std::string_view key) const;
  Result<const GgufArray*> FindArray(std::string_view key) const;  // or null

  // The same for keys that must be there.
  Result<uint64_t> RequireUint(std::string_view key) const;
  Result<double> RequireFloat(std::string_view key) const;
  Result<std::string> RequireString(std::string_view key) const;
  // An array of so many floats, all finite.
  Result<std::vector<float>> RequireFloats(std::string_view key,
                                           size_t count) const;

  // Metadata keys in file order, for `krait model info`.
  const std::vector<std::string>& keys() const { return keys_; }
  // The bytes of keys()[i] in the file: name, type and value.
  std::string_view RawKey(size_t i) const { return raw_keys_[i]; }
  const std::vector<Tensor>& tensors() const { return tensors_; }

 private:
  friend class GgufParser;
  std::string name_;
  MappedFile file_;
  std::vector<std::string> keys_;
  std::vector<std::string_view> raw_keys_;  // the same order
  std::unordered_map<std::string, GgufValue> values_;
  std::vector<Tensor> tensors_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_GGUF_H_
