// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_FIELD_READER_H_
#define KRAIT_ENGINE_FILE_FIELD_READER_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/file/json_file.h"

namespace krait::engine {

// Reads fields one after the other. The first failure is kept, and everything
// after it returns a default, so that a configuration reads as a list:
//   FieldReader read(json.root());
//   hparams.d_model = read.Size("hidden_size");
//   if (!read.status()) return read.status().error();
class FieldReader {
 public:
  explicit FieldReader(const JsonFields& fields) : fields_(fields) {}

  size_t Size(std::string_view key) {
    return static_cast<size_t>(Take(fields_.RequireUint(key), 0));
  }
  size_t Size(std::string_view key, size_t otherwise) {
    return static_cast<size_t>(
        Take(fields_.FindUint(key), {}).value_or(otherwise));
  }
  double Float(std::string_view key) {
    return Take(fields_.RequireFloat(key), 0.0);
  }
  double Float(std::string_view key, double otherwise) {
    return Take(fields_.FindFloat(key), {}).value_or(otherwise);
  }
  bool Bool(std::string_view key, bool otherwise) {
    return Take(fields_.FindBool(key), {}).value_or(otherwise);
  }
  std::string String(std::string_view key, const std::string& otherwise) {
    return Take(fields_.FindString(key), {}).value_or(otherwise);
  }
  // An array of just so many numbers; without the field each is `otherwise`.
  template <size_t N>
  std::array<float, N> Floats(std::string_view key, float otherwise) {
    std::array<float, N> values;
    values.fill(otherwise);
    if (!fields_.Find(key)) return values;
    const std::vector<double> found = Take(fields_.RequireFloats(key, N), {});
    for (size_t i = 0; i < found.size(); ++i) {
      values[i] = static_cast<float>(found[i]);
    }
    return values;
  }
  std::optional<JsonFields> Object(std::string_view key) {
    return Take(fields_.FindObject(key), {});
  }

  // Fails if the field has any other value than the one that krait computes.
  void Only(std::string_view key, bool value) {
    if (Bool(key, value) != value) {
      NotYet(std::string(key) + (value ? " false" : " true"));
    }
  }
  void NotYet(std::string_view what) { Fail(fields_.NotYet(what)); }
  void Fail(Error error) {
    if (status_) status_ = std::move(error);
  }

  const JsonFields& fields() const { return fields_; }
  const Status& status() const { return status_; }

 private:
  template <class T>
  T Take(Result<T> result, std::type_identity_t<T> otherwise) {
    if (result) return std::move(*result);
    Fail(result.error());
    return otherwise;
  }

  const JsonFields& fields_;
  Status status_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_FIELD_READER_H_
