// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_GGUF_WRITER_H_
#define KRAIT_ENGINE_MODEL_GGUF_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/file/tensor.h"

namespace krait::engine {

// Writes GGUF version 3 files (little endian): metadata first, then tensors
// whose data is made piece by piece, so that a file may be larger than memory.
// Thread-compatible.
class GgufWriter {
 public:
  // Fills the next piece of a tensor; pieces are whole rows of it.
  using Fill = std::function<void(std::span<std::byte> piece)>;

  void AddUint32(std::string_view key, uint32_t value);
  void AddFloat32(std::string_view key, float value);
  void AddBool(std::string_view key, bool value);
  void AddString(std::string_view key, std::string_view value);
  void AddStrings(std::string_view key, std::span<const std::string> values);
  void AddFloats(std::string_view key, std::span<const float> values);
  void AddInts(std::string_view key, std::span<const int32_t> values);

  // A key with its value as they lie in another file (GgufFile::RawKey).
  void AddRaw(std::string_view raw_key);

  // `shape` is outermost first; `type` one that FindTensorTypeInfo() knows and
  // rows whole blocks of it.
  void AddTensor(std::string name, TensorType type, std::vector<size_t> shape,
                 Fill fill);

  // Bytes of all tensors' data.
  size_t data_bytes() const { return data_bytes_; }

  // Writes the file beside its place and renames it when it is whole: there is
  // never half a one. `on_written` is told the bytes of data written so far. A
  // stop, noticed between two pieces, fails with kCancelled.
  Status Write(const std::filesystem::path& path,
               const std::function<void(size_t)>& on_written,
               const std::stop_token& stop = {}) const;

 private:
  struct PlannedTensor {
    std::string name;
    TensorType type;
    std::vector<size_t> shape;
    Fill fill;
    size_t row_bytes;
    size_t bytes;
    size_t ofs;  // from the start of the data, aligned
  };
  void AddKey(std::string_view key, uint32_t type);
  void AddArrayHead(std::string_view key, uint32_t type, size_t length);
  std::string Header() const;

  std::string metadata_;
  uint64_t num_keys_ = 0;
  std::vector<PlannedTensor> tensors_;
  size_t data_bytes_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_GGUF_WRITER_H_
