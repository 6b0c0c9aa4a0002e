// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_GGUF_WRITER_H_
#define KRAIT_DAEMON_TOOLS_BENCH_GGUF_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/file/tensor.h"

namespace krait::daemon {

// Writes GGUF version 3 files (little endian) for benchmarks: metadata first,
// then tensors whose data is made piece by piece, so that a file may be larger
// than memory. Thread-compatible.
class GgufWriter {
 public:
  // Fills the next piece of a tensor; pieces are whole blocks of its type.
  using Fill = std::function<void(std::span<std::byte> piece)>;

  void AddUint32(std::string_view key, uint32_t value);
  void AddFloat32(std::string_view key, float value);
  void AddBool(std::string_view key, bool value);
  void AddString(std::string_view key, std::string_view value);
  void AddStrings(std::string_view key, std::span<const std::string> values);
  void AddFloats(std::string_view key, std::span<const float> values);
  void AddInts(std::string_view key, std::span<const int32_t> values);

  // `shape` is outermost first; `type` one of F32, F16, BF16, Q8_0.
  void AddTensor(std::string name, engine::TensorType type,
                 std::vector<size_t> shape, Fill fill);

  // Bytes of all tensors' data.
  size_t data_bytes() const { return data_bytes_; }

  // `on_written` is told the bytes of data written so far.
  base::Status Write(const std::filesystem::path& path,
                     const std::function<void(size_t)>& on_written) const;

 private:
  struct PlannedTensor {
    std::string name;
    engine::TensorType type;
    std::vector<size_t> shape;
    Fill fill;
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

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_GGUF_WRITER_H_
