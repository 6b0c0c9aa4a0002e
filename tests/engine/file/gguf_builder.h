// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_FILE_GGUF_BUILDER_H_
#define KRAIT_TESTS_ENGINE_FILE_GGUF_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/tensor.h"

namespace krait::engine {

// Writes small GGUF files, wrong ones too: nothing is checked. Keys come
// before tensors.
class GgufBuilder {
 public:
  explicit GgufBuilder(uint32_t version = 3) : version_(version) {}

  template <class T>
  GgufBuilder& Raw(T value) {
    body_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  GgufBuilder& String(std::string_view text) {
    Raw<uint64_t>(text.size());
    body_ += text;
    return *this;
  }

  // A key of value type `type` (GGUF's id, which must suit T).
  template <class T>
  GgufBuilder& Key(std::string_view key, uint32_t type, T value) {
    ++num_keys_;
    return String(key).Raw(type).Raw(value);
  }
  GgufBuilder& StringKey(std::string_view key, std::string_view value) {
    ++num_keys_;
    return String(key).Raw(uint32_t{8}).String(value);
  }
  // A key as it lies in another file.
  GgufBuilder& RawKey(std::string_view bytes) {
    ++num_keys_;
    body_ += bytes;
    return *this;
  }
  // Begins an array; its elements follow as Raw or String.
  GgufBuilder& ArrayKey(std::string_view key, uint32_t type, uint64_t count) {
    ++num_keys_;
    return String(key).Raw(uint32_t{9}).Raw(type).Raw(count);
  }

  // `dims` innermost first, as in the file.
  GgufBuilder& Tensor(std::string_view name, const std::vector<uint64_t>& dims,
                      TensorType type, uint64_t offset) {
    ++num_tensors_;
    String(name).Raw(static_cast<uint32_t>(dims.size()));
    for (const uint64_t dim : dims) Raw(dim);
    return Raw(static_cast<uint32_t>(type)).Raw(offset);
  }

  // Returns the file with `data_bytes` zero bytes of data.
  std::string Build(size_t data_bytes = 0, size_t alignment = 32) const {
    GgufBuilder header(version_);
    header.body_ = "GGUF";
    header.Raw(version_).Raw(num_tensors_).Raw(num_keys_);
    std::string file = header.body_ + body_;
    if (num_tensors_ > 0) {
      file.resize((file.size() + alignment - 1) / alignment * alignment);
    }
    file.resize(file.size() + data_bytes);
    return file;
  }

 private:
  uint32_t version_;
  uint64_t num_keys_ = 0;
  uint64_t num_tensors_ = 0;
  std::string body_;
};

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_FILE_GGUF_BUILDER_H_
