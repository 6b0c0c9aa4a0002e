// SPDX-License-Identifier: Apache-2.0
// The typed look-ups of GgufFile.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/file/gguf.h"
#include "engine/file/gguf_value.h"  // GgufValueKind
#include "engine/file/printable.h"

namespace krait::engine {
namespace {

std::string KeyMessage(const GgufFile& file, std::string_view key) {
  return fmt::format("{}: key '{}'", file.name(), Printable(key));
}

Error Mismatch(const GgufFile& file, std::string_view key, const char* expected,
               const GgufValue& found) {
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format("{}: expected {}, found {}", KeyMessage(file, key), expected,
                  GgufValueKind(found)));
}

Error Missing(const GgufFile& file, std::string_view key) {
  return MakeError(ErrorCode::kBadFile, KeyMessage(file, key) + " is missing");
}

// Unwraps what Find... returned for a key that must be there.
template <class T>
Result<T> Require(const GgufFile& file, std::string_view key,
                  Result<std::optional<T>> found) {
  if (!found) return found.error();
  if (!*found) return Missing(file, key);
  return std::move(**found);
}

}  // namespace

const GgufValue* GgufFile::Find(std::string_view key) const {
  const auto it = values_.find(std::string(key));
  return it == values_.end() ? nullptr : &it->second;
}

Result<std::optional<uint64_t>> GgufFile::FindUint(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::optional<uint64_t>();
  if (const auto* number = std::get_if<uint64_t>(value)) {
    return std::optional<uint64_t>(*number);
  }
  const auto* number = std::get_if<int64_t>(value);
  if (number == nullptr) {
    return Mismatch(*this, key, "an unsigned integer", *value);
  }
  if (*number < 0) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: expected an unsigned integer, found {}",
                                 KeyMessage(*this, key), *number));
  }
  return std::optional<uint64_t>(static_cast<uint64_t>(*number));
}

Result<std::optional<double>> GgufFile::FindFloat(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::optional<double>();
  const auto* number = std::get_if<double>(value);
  if (number == nullptr) return Mismatch(*this, key, "a float", *value);
  return std::optional<double>(*number);
}

Result<std::optional<bool>> GgufFile::FindBool(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::optional<bool>();
  const auto* boolean = std::get_if<bool>(value);
  if (boolean == nullptr) return Mismatch(*this, key, "a boolean", *value);
  return std::optional<bool>(*boolean);
}

Result<std::optional<std::string>> GgufFile::FindString(
    std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::optional<std::string>();
  const auto* text = std::get_if<std::string>(value);
  if (text == nullptr) return Mismatch(*this, key, "a string", *value);
  return std::optional<std::string>(*text);
}

Result<const GgufArray*> GgufFile::FindArray(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return static_cast<const GgufArray*>(nullptr);
  const auto* array = std::get_if<std::shared_ptr<const GgufArray>>(value);
  if (array == nullptr) return Mismatch(*this, key, "an array", *value);
  return array->get();
}

Result<std::vector<float>> GgufFile::RequireFloats(std::string_view key,
                                                   size_t count) const {
  const auto array = FindArray(key);
  if (!array) return array.error();
  std::vector<float> floats;
  if (*array != nullptr) {
    floats.assign((*array)->floats.begin(), (*array)->floats.end());
  }
  const bool finite =
      std::ranges::all_of(floats, [](float f) { return std::isfinite(f); });
  if (floats.size() != count || !finite) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: expected {} finite numbers",
                                 KeyMessage(*this, key), count));
  }
  return floats;
}

Result<uint64_t> GgufFile::RequireUint(std::string_view key) const {
  return Require(*this, key, FindUint(key));
}

Result<double> GgufFile::RequireFloat(std::string_view key) const {
  return Require(*this, key, FindFloat(key));
}

Result<std::string> GgufFile::RequireString(std::string_view key) const {
  return Require(*this, key, FindString(key));
}

}  // namespace krait::engine
