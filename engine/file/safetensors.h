// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_SAFETENSORS_H_
#define KRAIT_ENGINE_FILE_SAFETENSORS_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/file/mapped_file.h"
#include "engine/file/tensor.h"

namespace krait::engine {

// A tensor of a safetensors file. `data` may be misaligned for the element
// type: only the tensors' order in the file is laid down, not padding.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;               // "BF16"
  std::optional<TensorType> type;  // absent for dtypes that ggml lacks
  size_t element_bytes = 0;
  std::vector<size_t> shape;        // outermost first; [] is a scalar
  const std::byte* data = nullptr;  // lives as long as the file
  size_t bytes = 0;
};

// A safetensors file: 8 bytes of header length, a JSON header that says dtype,
// shape and range of each tensor, then the data. The ranges follow each other
// without holes or overlaps and end with the file. Immutable and thread-safe
// after Open.
class SafetensorsFile {
 public:
  static Result<std::unique_ptr<SafetensorsFile>> Open(
      const std::filesystem::path& path);
  // The same over bytes in memory, which must outlive the file (fuzzing).
  static Result<std::unique_ptr<SafetensorsFile>> Parse(std::string_view bytes,
                                                        std::string name);

  // Messages start with this.
  const std::string& name() const { return name_; }

  // Sorted by name.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  const SafetensorsEntry* Find(std::string_view name) const;

  // The strings of __metadata__.
  const std::vector<std::pair<std::string, std::string>>& metadata() const {
    return metadata_;
  }

 private:
  friend class SafetensorsParser;
  std::string name_;
  MappedFile file_;
  std::vector<SafetensorsEntry> entries_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_SAFETENSORS_H_
