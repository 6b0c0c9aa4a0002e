// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_GGUF_KEYS_H_
#define KRAIT_ENGINE_FILE_GGUF_KEYS_H_

#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/error.h"
#include "engine/file/gguf.h"

namespace krait::engine {

// Reads keys below one prefix ("llama."). The first failure is kept, and
// everything after it returns a default, so that the code reads as a list:
//   GgufKeys read(gguf, "llama.");
//   hparams.d_model = read.Size("embedding_length");
//   if (!read.status()) return read.status().error();
class GgufKeys {
 public:
  GgufKeys(const GgufFile& gguf, std::string prefix)
      : gguf_(gguf), prefix_(std::move(prefix)) {}

  size_t Size(std::string_view key) {
    return static_cast<size_t>(Take(gguf_.RequireUint(Name(key)), 0));
  }
  size_t Size(std::string_view key, size_t otherwise) {
    return static_cast<size_t>(
        Take(gguf_.FindUint(Name(key)), {}).value_or(otherwise));
  }
  // A number, or an array with the same one for each layer.
  size_t SizeOfEachLayer(std::string_view key,
                         std::optional<size_t> otherwise) {
    const GgufValue* value = gguf_.Find(Name(key));
    if (value == nullptr ||
        !std::holds_alternative<std::shared_ptr<const GgufArray>>(*value)) {
      return otherwise ? Size(key, *otherwise) : Size(key);
    }
    const std::vector<size_t> sizes = Sizes(key);
    if (sizes.empty()) {
      Fail(ErrorCode::kBadFile, fmt::format("key '{}' is empty", Name(key)));
      return 0;
    }
    for (const size_t size : sizes) {
      if (size == sizes.front()) continue;
      NotYet(fmt::format("{} that differs from layer to layer", Name(key)));
    }
    return sizes.front();
  }
  // An array of numbers that are not negative.
  std::vector<size_t> Sizes(std::string_view key) {
    const GgufArray* array = Take(gguf_.FindArray(Name(key)), nullptr);
    if (array == nullptr) {
      Fail(ErrorCode::kBadFile, fmt::format("key '{}' is missing", Name(key)));
      return {};
    }
    std::vector<size_t> sizes(array->uints.begin(), array->uints.end());
    for (const int64_t value : array->ints) {
      if (value < 0) {
        Fail(ErrorCode::kBadFile,
             fmt::format("key '{}': expected numbers from 0 on, found {}",
                         Name(key), value));
      }
      sizes.push_back(static_cast<size_t>(value));
    }
    return sizes;
  }
  double Float(std::string_view key) {
    return Take(gguf_.RequireFloat(Name(key)), 0.0);
  }
  double Float(std::string_view key, double otherwise) {
    return Take(gguf_.FindFloat(Name(key)), {}).value_or(otherwise);
  }
  bool Has(std::string_view key) const {
    return gguf_.Find(Name(key)) != nullptr;
  }
  bool Bool(std::string_view key) {
    return Take(gguf_.FindBool(Name(key)), {}).value_or(false);
  }
  std::string String(std::string_view key, const std::string& otherwise) {
    return Take(gguf_.FindString(Name(key)), {}).value_or(otherwise);
  }

  void Fail(ErrorCode code, std::string_view what) {
    if (!status_) return;
    status_ = MakeError(code, fmt::format("{}: {}", gguf_.name(), what));
  }
  void NotYet(std::string_view what) {
    Fail(ErrorCode::kUnsupported, fmt::format("not supported yet: {}", what));
  }

  // The whole name of a key.
  std::string Name(std::string_view key) const {
    return fmt::format("{}{}", prefix_, key);
  }
  const Status& status() const { return status_; }

 private:
  template <class T>
  T Take(Result<T> result, std::type_identity_t<T> otherwise) {
    if (result) return *result;
    if (status_) status_ = result.error();
    return otherwise;
  }

  const GgufFile& gguf_;
  std::string prefix_;
  Status status_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_GGUF_KEYS_H_
