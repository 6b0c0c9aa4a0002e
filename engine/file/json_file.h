// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_JSON_FILE_H_
#define KRAIT_ENGINE_FILE_JSON_FILE_H_

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"

namespace krait::engine {

// The most JSON that krait reads at once. Real headers and configurations have
// some kilobytes, a few hundred at most; parsing takes about fourteen bytes of
// memory per byte in the worst case.
inline constexpr size_t kMaxJsonBytes = size_t{4} << 20;

enum class JsonDialect : uint8_t {
  kStrict,  // and no key twice at the top
  // As Python's json module reads it: see StrictJsonOfPython. Of a key that is
  // there twice, the last counts.
  kPython,
};

// Fields of a JSON object. Null counts as absent. Errors name the file, the
// path of the field and what was expected. Of a key that is there twice, the
// last counts. Only valid as long as its JsonFile.
class JsonFields {
 public:
  JsonFields(simdjson::dom::object object, std::string file, std::string prefix)
      : object_(object), file_(std::move(file)), prefix_(std::move(prefix)) {}

  std::optional<simdjson::dom::element> Find(std::string_view key) const;
  Result<std::optional<uint64_t>> FindUint(std::string_view key) const;
  Result<std::optional<double>> FindFloat(std::string_view key) const;
  Result<std::optional<bool>> FindBool(std::string_view key) const;
  Result<std::optional<std::string>> FindString(std::string_view key) const;
  Result<std::optional<JsonFields>> FindObject(std::string_view key) const;
  Result<uint64_t> RequireUint(std::string_view key) const;
  Result<double> RequireFloat(std::string_view key) const;
  // Of just so many numbers.
  Result<std::vector<double>> RequireFloats(std::string_view key,
                                            size_t count) const;
  Result<JsonFields> RequireObject(std::string_view key) const;

  const std::string& file() const { return file_; }
  const simdjson::dom::object& object() const { return object_; }

  // "FILE: field 'a.b': expected WHAT, found ...".
  Error Mismatch(std::string_view key, std::string_view expected) const;
  // "FILE: field 'a.b': WHAT".
  Error Wrong(std::string_view key, std::string_view what) const;
  Error NotYet(std::string_view what) const;

 private:
  simdjson::dom::object object_;
  std::string file_;
  std::string prefix_;  // of field names in messages: "rope_parameters."
};

// A parsed JSON text whose top is an object.
class JsonFile {
 public:
  static Result<std::unique_ptr<JsonFile>> Open(
      const std::filesystem::path& path, JsonDialect dialect);
  static Result<std::unique_ptr<JsonFile>> Parse(std::string_view text,
                                                 const std::string& name,
                                                 JsonDialect dialect);

  const JsonFields& root() const { return *root_; }

 private:
  Status Load(std::string_view text, const std::string& name,
              JsonDialect dialect);

  simdjson::dom::parser parser_;
  std::optional<JsonFields> root_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_JSON_FILE_H_
